// SPDX-License-Identifier: Apache-2.0
//
// Shows: the coefficient F of every token-wise clip policy, d loss / d logp = -A F, over the ratio.
//   04_coefficients               prints F at five ratios
//   04_coefficients docs          draws docs/images/clip/NAME.svg, one picture per policy
//   04_coefficients docs --check  fails if a picture or the family's page does not fit the code
#include "gppo/policies.hpp"

#include <gppo/gppo.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace {

template <class... Values>
std::string format(const char* pattern, Values... values) {
    std::array<char, 512> text{};
    std::snprintf(text.data(), text.size(), pattern, values...);
    return text.data();
}

/// F of one policy at (ratio, advantage, p_old), and what else its picture needs.
struct Curve {
    std::string name, parameters;
    AnyPolicy policy;
    std::optional<gppo::Region> region;

    double operator()(double ratio, double advantage, double p_old) const {
        return std::visit(
            [&](const auto& clip) -> double {
                if constexpr (gppo::ClipPolicy<std::decay_t<decltype(clip)>, double>) {
                    const double old = std::log(p_old);
                    return clip(gppo::Token<double>{old + std::log(ratio), old, ratio, advantage})
                               .weight /
                           advantage;
                } else {
                    return std::numeric_limits<double>::quiet_NaN();
                }
            },
            policy);
    }
};

/// Every policy that needs no more than the token, at its defaults, in the order of --list.
std::vector<Curve> curves() {
    std::vector<Curve> all;
    for (const Method<AnyPolicy>& method : policy_methods()) {
        const FreeTable nothing = FreeTable::object();
        Parameters reader(method.name, nothing);
        Curve curve;
        curve.name = method.name;
        curve.policy = method.make(reader);
        for (const Parameters::Row& row : reader.rows())
            curve.parameters +=
                (curve.parameters.empty() ? "" : ", ") + row.key + " " +
                (row.value.is_number() ? format("%g", row.value.get<double>()) : row.value.dump());
        const bool token_wise = std::visit(
            [&](const auto& clip) {
                if constexpr (gppo::HasRegion<std::decay_t<decltype(clip)>>)
                    curve.region = clip.region();
                return gppo::ClipPolicy<std::decay_t<decltype(clip)>, double>;
            },
            curve.policy);
        if (token_wise) all.push_back(curve);
    }
    return all;
}

// --- the picture --------------------------------------------------------------------------------

constexpr double left = 36, right = 444, top = 58, bottom = 218, octaves = 4;  // either side of 1
constexpr double likely = 0.4, rare = 0.02;  // p_old, where a policy looks at probabilities
constexpr const char *good = "#1668a8", *bad = "#c4601c", *grey = "#6a6f78";

double x_of(double ratio) {
    return left + (right - left) * (std::log2(ratio) + octaves) / (2.0 * octaves);
}

/// The largest ratio a token may have: its probability is at most one.
double last_ratio(double p_old) {
    return std::min(std::exp2(octaves), 1.0 / p_old);
}

/// Calls f(ratio) along the axis.
template <class F>
void along(double p_old, F f) {
    constexpr int steps = 320;
    for (int i = 0; i <= steps; ++i) {
        const double ratio = std::exp2(octaves * (2.0 * i / steps - 1.0));
        if (ratio <= last_ratio(p_old)) f(ratio);
    }
}

bool looks_at_probabilities(const Curve& curve) {
    bool differs = false;
    for (const double advantage : {1.0, -1.0})
        along(likely, [&](double ratio) {
            differs = differs || std::abs(curve(ratio, advantage, likely) -
                                          curve(ratio, advantage, rare)) > 1e-9;
        });
    return differs;
}

/// The upper end of the F axis: what grows without bound is cut at 5.
double ceiling_of(const Curve& curve) {
    double largest = 0.0;
    for (const double advantage : {1.0, -1.0})
        along(rare,
              [&](double ratio) { largest = std::max(largest, curve(ratio, advantage, rare)); });
    for (const double ceiling : {0.3, 1.5, 3.5})
        if (largest <= ceiling) return ceiling;
    return 5.0;
}

std::string line_of(const Curve& curve, double advantage, double p_old, double ceiling,
                    const std::string& style) {
    struct Point {
        std::string x, y;
    };
    std::vector<Point> points;
    along(p_old, [&](double ratio) {
        const double f = curve(ratio, advantage, p_old);
        const double y = bottom - (bottom - top) * std::min(f / ceiling, 1.2);
        const Point point{format("%.1f", x_of(ratio)), format("%.1f", y)};
        const std::size_t n = points.size();  // of a level stretch only the ends
        if (n > 1 && points[n - 1].y == point.y && points[n - 2].y == point.y) points.pop_back();
        points.push_back(point);
    });
    std::string path;
    for (const Point& point : points)
        path.append(path.empty() ? "M" : "L").append(point.x).append(" ").append(point.y);
    return "<path d='" + path + "' fill='none' clip-path='url(#plot)' " + style + "/>\n";
}

std::string text(double x, double y, const char* anchor, const char* fill, const std::string& words,
                 int size = 11) {
    return format("<text x='%.1f' y='%.1f' text-anchor='%s' fill='%s' font-size='%d'>", x, y,
                  anchor, fill, size) +
           words + "</text>\n";
}

std::string bounds_of(const gppo::Region& region) {
    const double lowest = std::max(double(region.lowest), std::exp2(-octaves));
    const double highest = std::min(double(region.highest), std::exp2(octaves));
    std::string svg =
        format("<rect x='%.1f' y='%.0f' width='%.1f' height='%.0f' fill='#eef3f8'/>\n",
               x_of(lowest), top, x_of(highest) - x_of(lowest), bottom - top);
    for (const float bound : {region.lowest, region.highest, region.cap}) {
        const double ratio = double(bound);
        if (!(ratio > std::exp2(-octaves) && ratio < std::exp2(octaves))) continue;
        svg += format("<path d='M%.1f %.0fV%.0f' stroke='#9fb2c6' stroke-dasharray='2 3'/>\n",
                      x_of(ratio), top, bottom);
        svg += text(x_of(ratio), top - 4, "middle", grey, format("%.4g", ratio), 10);
    }
    return svg;
}

std::string axes(double ceiling) {
    std::string svg = format("<path d='M%.0f %.0fV%.0fH%.0f' fill='none' stroke='#888'/>\n", left,
                             top, bottom, right);
    for (int power = -4; power <= 4; power += 1) {
        const double x = x_of(std::exp2(power));
        svg += format("<path d='M%.1f %.0fv4' stroke='#888'/>\n", x, bottom);
        const int whole = 1 << std::abs(power);
        svg += text(x, bottom + 15, "middle", "#444",
                    power < 0 ? format("1/%d", whole) : format("%d", whole));
    }
    const double step = ceiling < 1.0 ? 0.1 : (ceiling < 2.0 ? 0.5 : 1.0);
    for (double f = 0.0; f <= ceiling + 1e-9; f += step)
        svg += text(left - 6, bottom - (bottom - top) * f / ceiling + 4, "end", "#444",
                    format("%.2g", f));
    return svg;
}

std::string legend(bool probabilities) {
    const double y = bottom + 36;
    const auto key = [&](double x, const char* color, const char* width) {
        return format("<path d='M%.0f %.0fh22' stroke='%s' stroke-width='%s'/>\n", x, y - 4, color,
                      width);
    };
    std::string svg = text(left, y, "start", "#444", "ratio \xCF\x80 / \xCF\x80_old");
    if (probabilities)
        svg += text(left + 92, y, "start", grey,
                    format("p_old: \xE2\x80\x94 %g, - - %g", likely, rare));
    return svg + key(right - 152, good, "5' stroke-opacity='0.4") +
           text(right - 126, y, "start", good, "A = 1") + key(right - 70, bad, "2") +
           text(right - 44, y, "start", bad,
                "A = \xE2\x88\x92"
                "1");
}

std::string picture_of(const Curve& curve) {
    const bool probabilities = looks_at_probabilities(curve);
    const double ceiling = ceiling_of(curve);
    std::string svg = format(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 460 262' font-family='system-ui, "
        "sans-serif'>\n<rect width='460' height='262' fill='white'/>\n"
        "<clipPath id='plot'><rect x='%.0f' y='%.0f' width='%.0f' height='%.0f'/></clipPath>\n",
        left, top, right - left, bottom - top + 3);
    svg += text(left, 20, "start", "#111",
                "F of <tspan font-weight='600'>" + curve.name + "</tspan>", 14);
    svg += text(left, 37, "start", grey, curve.parameters);
    if (curve.region) svg += bounds_of(*curve.region);
    svg += axes(ceiling);
    const std::string wide = std::string("stroke-width='5' stroke-opacity='0.4' stroke='") + good;
    const std::string thin = std::string("stroke-width='2' stroke='") + bad;
    const std::string dashes = "' stroke-dasharray='6 4'";
    if (probabilities)
        svg += line_of(curve, 1.0, rare, ceiling, wide + dashes) +
               line_of(curve, -1.0, rare, ceiling, thin + dashes);
    const double p_old = probabilities ? likely : rare;
    svg += line_of(curve, 1.0, p_old, ceiling, wide + "'") +
           line_of(curve, -1.0, p_old, ceiling, thin + "'");
    return svg + legend(probabilities) + "</svg>\n";
}

// --- what the program does ----------------------------------------------------------------------

/// Equal, but for the last printed digit of numbers in a path: it may differ between processors.
bool alike(const std::string& a, const std::string& b) {
    const char *x = a.c_str(), *y = b.c_str();
    const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    bool in_path = false;
    while (*x != '\0' && *y != '\0') {
        if (*x == '<') in_path = std::strncmp(x, "<path", 5) == 0;
        if (in_path && digit(*x) && digit(*y)) {
            char *after_x = nullptr, *after_y = nullptr;
            if (std::abs(std::strtod(x, &after_x) - std::strtod(y, &after_y)) > 0.11) return false;
            x = after_x, y = after_y;
        } else if (*x++ != *y++) {
            return false;
        }
    }
    return *x == *y;
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The pictures in docs/images/clip and the rows of docs/02_clip.md against the code.
int check(const std::filesystem::path& docs) {
    const std::string page = read(docs / "02_clip.md");
    std::ptrdiff_t wrong = 0, drawn = 0;
    for (const Curve& curve : curves()) {
        const std::string picture = "images/clip/" + curve.name + ".svg";
        const bool fresh = alike(read(docs / picture), picture_of(curve));
        const bool shown = page.find(picture) != std::string::npos;
        if (!fresh) std::printf("%s is not what the code draws\n", picture.c_str());
        if (!shown) std::printf("02_clip.md does not show %s\n", picture.c_str());
        wrong += fresh && shown ? 0 : 1;
        ++drawn;
    }
    using Files = std::filesystem::directory_iterator;
    const auto files = std::distance(Files(docs / "images" / "clip"), Files());
    if (files != drawn) std::printf("images/clip has pictures of no policy, or lacks some\n");
    if (wrong == 0 && files == drawn) return 0;
    std::printf("run 04_coefficients %s\n", docs.string().c_str());
    return 1;
}

int draw(const std::filesystem::path& docs) {
    std::filesystem::create_directories(docs / "images" / "clip");
    for (const Curve& curve : curves()) {
        std::ofstream file(docs / "images" / "clip" / (curve.name + ".svg"), std::ios::binary);
        if (!(file << picture_of(curve))) {
            std::fprintf(stderr, "cannot write into %s\n", docs.string().c_str());
            return 1;
        }
    }
    return 0;
}

int print() {
    constexpr std::array ratios{0.5, 1.0, 1.5, 4.0, 12.0};
    std::printf("%-24s  A", "F at p_old = 0.02");
    for (const double ratio : ratios) std::printf("  r=%-5g", ratio);
    std::printf("\n");
    for (const Curve& curve : curves())
        for (const double advantage : {1.0, -1.0}) {
            std::printf("%-24s  %c", advantage > 0 ? curve.name.c_str() : "",
                        advantage > 0 ? '+' : '-');
            for (const double ratio : ratios) std::printf("  %7.4f", curve(ratio, advantage, rare));
            std::printf("\n");
        }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count == 1) return print();
    return count == 3 && arguments[2] == std::string("--check") ? check(arguments[1])
                                                                : draw(arguments[1]);
}
