// SPDX-License-Identifier: Apache-2.0
#include "torch.hpp"

using namespace gppo;

TEST_CASE("memory of Torch is zeroed and stays when it shrinks", "[torch]") {
    TensorBuffer<double> buffer(5);
    for (const double x : buffer.view()) CHECK(x == 0.0);
    double* const first = buffer.data();
    buffer[3] = 7.0;
    buffer.resize(2);
    CHECK(buffer.view().size == 2);
    buffer.resize(4);
    CHECK(buffer.data() == first);
    CHECK(buffer[3] == 7.0);
    buffer.resize(100);
    CHECK(buffer[3] == 0.0);
    CHECK(TensorBuffer<float>().view().empty());
}
