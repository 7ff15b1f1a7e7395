// SPDX-License-Identifier: Apache-2.0
#include "torch.hpp"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

using namespace gppo;

TEST_CASE("a view of a tensor is its own memory, whatever its shape", "[torch]") {
    const at::Tensor t = at::zeros({2, 3});
    const View<float> view = view_of<float>("t", t);
    CHECK(view.size == 6);
    CHECK(view.data == t.data_ptr<float>());
    view[4] = 7.0f;
    CHECK(t[1][1].item<float>() == 7.0f);
    CHECK(view_of<const std::uint8_t>("mask", at::ones({3}, at::kBool))[2] == 1);
    CHECK(view_of_optional<const float>("none", {}).empty());
}

TEST_CASE("a tensor that cannot be read in place is refused by name", "[torch]") {
    const auto refused = [](const at::Tensor& t) {
        try {
            view_of<const float>("logp_old", t);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK(refused(at::zeros({2})) == "accepted");
    CHECK_THAT(refused({}), Contains("logp_old is an undefined tensor"));
    CHECK_THAT(refused(at::zeros({2}, at::kBFloat16)),
               Contains("logp_old has elements of type BFloat16, expected float32"));
    CHECK_THAT(refused(at::zeros({2}, at::kDouble)), Contains("Double"));
    CHECK_THAT(refused(at::zeros({2, 3}).t()),
               Contains("logp_old is not contiguous (sizes [3, 2], strides [1, 3])"));
    CHECK_THAT(refused(at::zeros({4}).slice(0, 0, 4, 2)), Contains("not contiguous"));
    CHECK_THAT(refused(at::zeros({2, 2}).to_sparse()), Contains("logp_old has the layout Sparse"));
    CHECK_THAT(refused(at::zeros({2}, at::device(at::kMeta))), Contains("logp_old is on meta"));
    CHECK_THROWS_WITH(view_of<const Index>("offsets", at::zeros({2}, at::kInt)),
                      Contains("offsets has elements of type Int, expected int64"));
    CHECK_THROWS_WITH(view_of<const std::uint8_t>("mask", at::zeros({2})),
                      Contains("mask has elements of type Float, expected bool or uint8"));
}
