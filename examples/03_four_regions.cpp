// SPDX-License-Identifier: Apache-2.0
//
// Shows: how much of its gradient each clip policy keeps, over the ratio, for a good and a bad
// token. Draws docs/images/four_regions.svg from the policies themselves:  03_four_regions >
// four_regions.svg
#include <gppo/gppo.hpp>

#include <cstdio>
#include <string>

namespace {

constexpr double width = 400, height = 250, left = 48, top = 56, ratio_max = 2.2, weight_max = 2.2;

double x_of(double ratio) {
    return left + width * ratio / ratio_max;
}
double y_of(double weight) {
    return top + height * (1.0 - weight / weight_max);
}

/// The coefficient F = (dJ/dlogp) / A of one policy as an SVG path.
template <gppo::ClipPolicy P>
std::string curve(const P& policy, float advantage, const char* color, const char* dashes) {
    std::string path;
    for (int i = 1; i <= 440; ++i) {
        const float ratio = static_cast<float>(i) * 0.005f;
        const auto term = policy(gppo::Token<float>{.ratio = ratio, .advantage = advantage});
        const double weight = static_cast<double>(term.weight / advantage);
        char point[64];
        std::snprintf(point, sizeof point, "%s%.1f %.1f", i == 1 ? "M" : "L",
                      x_of(static_cast<double>(ratio)), y_of(weight));
        path += point;
    }
    return "<path d='" + path + "' fill='none' stroke='" + color +
           "' stroke-width='2.5' stroke-dasharray='" + dashes + "'/>\n";
}

void text(double x, double y, const char* anchor, const char* words, const char* color = "#444") {
    std::printf("<text x='%.0f' y='%.0f' text-anchor='%s' fill='%s'>%s</text>\n", x, y, anchor,
                color, words);
}

void panel(double offset, float advantage, const char* title, const char* low, const char* high) {
    const gppo::PpoClip ppo{.low = 0.2f, .high = 0.28f};
    const gppo::Cispo cispo{.low = 0.2f, .high = 0.28f};
    const gppo::Gppo gppo{.low = 0.2f, .high = 0.28f};
    std::printf("<g transform='translate(%.0f 0)'>\n", offset);
    std::printf("<rect x='%.1f' y='%.0f' width='%.1f' height='%.0f' fill='#eef3f8'/>\n", x_of(0.8),
                top, x_of(1.28) - x_of(0.8), height);
    std::printf("<path d='M%.0f %.0fV%.0fH%.0f' fill='none' stroke='#888'/>\n", left, top,
                top + height, left + width);
    for (const double tick : {0.8, 1.0, 1.28, 2.0}) {
        char label[16];
        std::snprintf(label, sizeof label, "%g", tick);
        text(x_of(tick), top + height + 18, "middle", label);
    }
    for (const double tick : {0.0, 0.8, 1.28, 2.0}) {
        char label[16];
        std::snprintf(label, sizeof label, "%g", tick);
        text(left - 8, y_of(tick) + 4, "end", label);
    }
    text(left + width / 2, 28, "middle", title, "#111");
    text(left + width / 2, top + height + 38, "middle", "ratio  \xCF\x80 / \xCF\x80_old");
    text(x_of(0.4), top + 18, "middle", low);
    text(x_of(1.74), top + 18, "middle", high);
    std::printf("%s%s%s</g>\n", curve(ppo, advantage, "#8a8f98", "").c_str(),
                curve(cispo, advantage, "#c98a1b", "7 5").c_str(),
                curve(gppo, advantage, "#1668a8", "").c_str());
}

}  // namespace

int main() {
    std::printf(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 980 390' font-family='system-ui, "
        "sans-serif' "
        "font-size='13'>\n<rect width='980' height='390' fill='white'/>\n");
    panel(0, 1.0f, "good token (A > 0): gradient kept, as a multiple of A", "R1 too rare",
          "R2 too likely");
    panel(500, -1.0f, "bad token (A &lt; 0): gradient kept, as a multiple of A", "R3 too rare",
          "R4 too likely");
    text(150, 374, "middle", "\xE2\x80\x94 PPO clip-higher: zero in R2 and R3", "#6a6f78");
    text(480, 374, "middle", "- - CISPO: capped everywhere, R1 and R4 too", "#a06a0a");
    text(805, 374, "middle", "\xE2\x80\x94 GPPO: the boundary's pull in R2 and R3", "#1668a8");
    std::printf("</svg>\n");
}
