// SPDX-License-Identifier: Apache-2.0
//
// GPPO_HD marks a function that runs on the host and on the device. It is the library's one macro.
#pragma once

#ifdef __CUDACC__
#define GPPO_HD __host__ __device__
#else
#define GPPO_HD
#endif
