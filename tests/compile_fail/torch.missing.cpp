// SPDX-License-Identifier: Apache-2.0
// expect: gppo/torch.hpp needs LibTorch: pip install torch
#ifdef PASSING_TWIN
#include <gppo/gppo.hpp>
#else
#include <gppo/torch.hpp>
#endif
