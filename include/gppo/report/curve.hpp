// SPDX-License-Identifier: Apache-2.0
//
// What a chart needs to know about numbers: thinning long curves without losing their spikes, a
// y-range that one spike does not flatten, round tick values, short text.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// y is NaN where the value was not finite.
struct Point {
    double x = 0, y = 0;
    bool operator==(const Point&) const = default;
};

/// Between the name of a metric and that of the run it is of.
inline constexpr std::string_view comparison_mark = " · ";

struct Curve {
    std::string name;
    std::vector<Point> points = {};  // x never falls
    std::string other_run = {};      // if not this one; then `name` ends in comparison_mark + it
};

/// At most `limit` (≥ 3) points: of each bucket the lowest, the highest and one gap (NaN), in their
/// order.
inline std::vector<Point> thin_extremes(const std::vector<Point>& points, std::size_t limit) {
    if (points.size() <= limit) return points;
    const std::size_t buckets = std::max<std::size_t>(limit / 3, 1);
    std::vector<Point> kept;
    for (std::size_t b = 0; b < buckets; ++b) {
        const std::size_t first = points.size() * b / buckets,
                          last = points.size() * (b + 1) / buckets;
        std::size_t low = last, high = last, gap = last;
        for (std::size_t i = first; i < last; ++i) {
            if (!std::isfinite(points[i].y)) {
                gap = i;
                continue;
            }
            if (low == last || points[i].y < points[low].y) low = i;
            if (high == last || points[i].y > points[high].y) high = i;
        }
        std::vector<std::size_t> chosen = {low, high, gap};
        std::sort(chosen.begin(), chosen.end());
        chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
        for (const std::size_t i : chosen)
            if (i < last) kept.push_back(points[i]);
    }
    return kept;
}

/// At most `limit` points: the mean of each bucket of consecutive points. Curves with equal x stay
/// aligned, which stacking needs.
inline std::vector<Point> thin_means(const std::vector<Point>& points, std::size_t limit) {
    if (points.size() <= limit) return points;
    std::vector<Point> kept;
    for (std::size_t b = 0; b < limit; ++b) {
        const std::size_t first = points.size() * b / limit, last = points.size() * (b + 1) / limit;
        double sum = 0, count = 0;
        for (std::size_t i = first; i < last; ++i)
            if (std::isfinite(points[i].y)) sum += points[i].y, ++count;
        kept.push_back({points[(first + last) / 2].x, count > 0 ? sum / count : std::nan("")});
    }
    return kept;
}

struct Range {
    double low = 0, high = 1;
};

/// The range to draw: all of `values`, except that up to 1 % at either end is left out if it alone
/// would take more than half of the height. Never empty.
inline Range chart_range(std::vector<double> values) {
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const std::size_t spare = values.size() / 100;
    Range full{values.front(), values.back()};
    const Range inner{values[spare], values[values.size() - 1 - spare]};
    const double height = inner.high - inner.low;
    if (height > 0 && full.high - inner.high > height) full.high = inner.high + 0.1 * height;
    if (height > 0 && inner.low - full.low > height) full.low = inner.low - 0.1 * height;
    if (full.high > full.low) return full;
    const double margin =
        full.low == 0 ? 0.5 : 0.5 * std::abs(full.low);  // a constant is drawn in the middle
    return {full.low - margin, full.high + margin};
}

/// About `count` round values (1, 2 or 5 times a power of ten) inside the range.
inline std::vector<double> round_ticks(Range range, int count) {
    const double raw = (range.high - range.low) / std::max(count, 1);
    if (!(raw > 0) || !std::isfinite(raw)) return {range.low};
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    const double part = raw / power;
    const double step = power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
    std::vector<double> ticks;
    for (double k = std::ceil(range.low / step - 1e-9); k * step <= range.high + 1e-9 * step; ++k)
        ticks.push_back(k == 0 ? 0.0 : k * step);
    return ticks;
}

/// About three digits: "0.412", "12.3k", "3.4e-6", "–" for NaN.
inline std::string short_number(double value) {
    if (!std::isfinite(value)) return "–";
    const double size = std::abs(value);
    char text[40];
    const auto print = [&](const char* format, double scaled) {
        std::snprintf(text, sizeof text, format, scaled);
    };
    if (size == 0) return "0";
    if (size < 1e-3 || size >= 1e9)
        print("%.2e", value);
    else if (size < 1e4)
        print(size < 0.1    ? "%.4f"
              : size < 10   ? "%.3f"
              : size < 100  ? "%.2f"
              : size < 1000 ? "%.1f"
                            : "%.0f",
              value);
    else if (size < 1e6)
        print("%.1fk", value / 1e3);
    else
        print("%.2fM", value / 1e6);
    std::string result = text;
    if (const auto e = result.find('e'); e != std::string::npos)  // "e-06" → "e-6", "e+12" → "e12"
        result = result.substr(0, e + 1) + (result[e + 1] == '-' ? "-" : "") +
                 result.substr(std::min(result.find_first_not_of('0', e + 2), result.size() - 1));
    const std::size_t end = result.find_first_of("ekM"), dot = result.find('.');
    if (dot == std::string::npos || dot > end) return result;
    std::size_t last = (end == std::string::npos ? result.size() : end) - 1;
    while (result[last] == '0') --last;
    if (result[last] == '.') --last;
    return result.substr(0, last + 1) + (end == std::string::npos ? "" : result.substr(end));
}

}  // namespace gppo
