// SPDX-License-Identifier: Apache-2.0
//
// libcuda.so.1 for a machine without a driver, as much of it as cuDNN looks for when it plans: it
// says a version, loads what was compiled into nothing, and can run nothing.
#define HANDLE(name)                         \
    int name(void** made) {                  \
        *made = reinterpret_cast<void*>(64); \
        return 0;                            \
    }
#define DONE(name) \
    int name() {   \
        return 0;  \
    }
#define REFUSED(name)               \
    int name() {                    \
        return 100; /* no device */ \
    }

extern "C" {

int cuDriverGetVersion(int* version) {
    *version = 13000;
    return 0;
}
int cuKernelGetAttribute(int* value) {
    *value = 0;
    return 0;
}
HANDLE(cuCtxGetCurrent)
HANDLE(cuCtxPopCurrent)
HANDLE(cuKernelGetFunction)
HANDLE(cuLibraryGetKernel)
HANDLE(cuLibraryLoadData)
HANDLE(cuLibraryLoadFromFile)
HANDLE(cuModuleGetFunction)
HANDLE(cuModuleLoadData)
DONE(cuCtxGetLimit)
DONE(cuCtxPushCurrent)
DONE(cuKernelSetAttribute)
DONE(cuLibraryUnload)
DONE(cuModuleUnload)
DONE(cuOccupancyMaxPotentialClusterSize)
REFUSED(cuDeviceGet)
REFUSED(cuDeviceGetCount)
REFUSED(cuGetErrorName)
REFUSED(cuGetErrorString)
REFUSED(cuLaunchCooperativeKernel)
REFUSED(cuLaunchKernel)
REFUSED(cuLaunchKernelEx)
REFUSED(cuLinkAddData)
REFUSED(cuLinkComplete)
REFUSED(cuLinkCreate)
REFUSED(cuLinkDestroy)
REFUSED(cuStreamGetCtx)
REFUSED(cuTensorMapEncodeIm2col)
REFUSED(cuTensorMapEncodeTiled)
}
