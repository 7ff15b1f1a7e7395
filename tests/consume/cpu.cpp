// SPDX-License-Identifier: Apache-2.0
//
// What another project writes to use the CPU backend.
#include <gppo/cpu.hpp>

#include <cstdio>

int main() {
    const gppo::Cpu cpu{1};
    std::printf("%d thread\n", cpu.threads());
    return cpu.threads() == 1 ? 0 : 1;
}
