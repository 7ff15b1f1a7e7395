// SPDX-License-Identifier: Apache-2.0
//
// Pairs of answers that an examiner might put, with the verdict: = equal, ! different, ? neither
// (the verifier says so instead of guessing). Each is asked in both directions.
#include "catch.hpp"

#include <gppo/verify/maths.hpp>

#include <sstream>
#include <string>

namespace {

void check_table(const char* table) {
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        const auto middle = line.find(" || ", 2);
        const std::string gold = line.substr(5, middle - 5), answer = line.substr(middle + 4);
        const auto there = gppo::compare_answers(gold, answer);
        const auto back = gppo::compare_answers(answer, gold);
        const auto expected = line[0] == '='   ? gppo::Verdict::equal
                              : line[0] == '!' ? gppo::Verdict::different
                                               : gppo::Verdict::unparsable;
        INFO(line << "\n  there: " << there.reason << "\n  back: " << back.reason);
        CHECK(gppo::verdict_name(there.verdict) == gppo::verdict_name(expected));
        CHECK(gppo::verdict_name(back.verdict) == gppo::verdict_name(expected));
    }
}

}  // namespace

TEST_CASE("pairs: mixed numbers", "[verify][maths]") {
    check_table(R"table(
= || 2\frac{1}{3} || \frac{7}{3}
= || 2 \frac{1}{3} || 7/3
= || -1\frac{3}{4} || -1.75
= || -1 3/4 || -7/4
= || 1\dfrac{1}{2} || 1.5
! || 2\frac{1}{3} || \frac{2}{3}
= || 11\frac{1}{9}\% || \frac{100}{9}\%
= || 3 \, \frac{1}{2} || 3.5
= || 1 1/2 hours || 1.5 hours
)table");
}

TEST_CASE("pairs: percent", "[verify][maths]") {
    check_table(R"table(
= || 25\% || \frac{1}{4}
= || 25% || 25
= || 0.25 || 25\%
! || 25\% || 2.5
= || 12.5\% || 1/8
= || 33\frac{1}{3}\% || \frac13
! || 33\% || \frac13
= || 10 percent || 10\%
= || 100\% || 1
)table");
}

TEST_CASE("pairs: units", "[verify][maths]") {
    check_table(R"table(
= || 12 || 12\ \text{cm}
= || 12\text{ cm} || 12 \mathrm{~cm}
= || 12\,\mathrm{cm} || 0.12\,\mathrm{m}
! || 12\,\mathrm{cm} || 12\,\mathrm{mm}
= || 3\ \mathrm{m/s} || 3 \text{ meters per second}
= || 1 \text{ kg} || 1000 \text{ g}
! || 1 kg || 1 g
= || \$1,234.50 || 1234.5
= || \$12 || 12 \text{ dollars}
= || 12 \text{ square meters} || 12 m^2
= || 12\text{ m}^2 || 12 \text{ square meters}
! || 12 m^2 || 12 m^3
= || 5 \text{ apples} || 5
= || 36^\circ || 36
= || 36^\circ || 36 \text{ degrees}
= || 180^\circ || \pi
! || 180^\circ || 2\pi
= || 25 \text{ mph} || 25 \text{ miles per hour}
= || 1.5 \times 10^{-3} \text{ m} || 1.5 \text{ mm}
= || 3.0 \times 10^8 \text{ m/s} || 300000000 \text{ m/s}
= || 20^\circ\text{C} || 20
! || 5\text{ km} || 5\text{ miles}
= || 2 \text{ ft} || 24 \text{ in}
)table");
}

TEST_CASE("pairs: intervals and tuples", "[verify][maths]") {
    check_table(R"table(
! || (1,2) || [1,2)
! || (1,2) || 1,2,3
! || (1,2) || \{1,2\}
= || [0,\infty) || x \ge 0
! || [0,\infty) || x > 0
= || (-\infty, 0] || x \leq 0
= || (-3, 3) || -3 < x < 3
= || (-\infty,-1)\cup(1,\infty) || |x|>1
= || (-\infty,1)\cup(1,\infty) || x\neq 1
= || (0,1)\cup(1,2) || (0,2)\setminus\{1\}
= || [1,2]\cup[2,3] || [1,3]
! || (1,2)\cup(2,3) || (1,3)
= || (1,2] \cup (2,3) || (1,3)
= || [1,5]\cap[3,8] || [3,5]
= || x \in (1,2) || (1,2)
= || x \in (1,2) || 1<x<2
= || \{x \mid x > 2\} || (2,\infty)
= || \{x \in \mathbb{R} : -1 \le x \le 1\} || [-1,1]
= || x>2, x<5 || (2,5)
= || x > 2 \text{ and } x < 5 || 2 < x < 5
= || x<2 \text{ or } x>5 || (-\infty,2)\cup(5,\infty)
= || x < 2 or x > 5 || (5, \infty) \cup (-\infty, 2)
= || 2x > 4 || x > 2
= || 3-x \ge 1 || x \le 2
! || -2x > 4 || x > -2
= || -2x > 4 || x < -2
= || (-\infty,+\infty) || \mathbb{R}
= || \left(-\infty, \frac{1}{2}\right) || (-\infty,0.5)
= || [\sqrt{2}, 2] || [2^{1/2}, 2.0]
! || (0,1) || (0,1]
= || \varnothing || \emptyset
= || \{\} || \emptyset
= || ]1,2[ || (1,2)
)table");
}

TEST_CASE("pairs: unions/sets/lists", "[verify][maths]") {
    check_table(R"table(
= || \{1, 2, 3\} || \{3, 2, 1\}
= || 1,2,3 || \{1,2,3\}
= || \{1,1,2\} || \{1,2\}
! || \{1,2\} || \{1,2,3\}
= || x=1, x=2 || 1, 2
= || x=1 \text{ or } x=2 || x \in \{1,2\}
= || x = 1, 2 || 1, 2
= || 1 \text{ and } -3 || -3, 1
= || (1,2), (3,4) || (3,4), (1,2)
! || (1,2), (3,4) || (2,1), (3,4)
= || (1,2) \text{ and } (3,4) || (3,4),(1,2)
= || \{(1,2),(3,4)\} || (1,2),(3,4)
= || \left\{\frac{1}{2}, -1\right\} || -1, 0.5
= || x = \pm 2 || 2, -2
= || \pm 2 || x = 2 \text{ or } x = -2
= || \pm\sqrt{3} || \sqrt{3}, -\sqrt{3}
= || 1\pm\sqrt{2} || 1+\sqrt2, 1-\sqrt2
= || \frac{-1\pm\sqrt{5}}{2} || \frac{-1+\sqrt5}{2}, \frac{-1-\sqrt5}{2}
! || \pm 2 || 2
= || \pm 3i || 3i, -3i
= || 2 \pm 3i || 2+3i, 2-3i
)table");
}

TEST_CASE("pairs: bases", "[verify][maths]") {
    check_table(R"table(
= || 1011_2 || 11
= || 1011_2 || 1011_{2}
! || 1011_2 || 1011
= || 1011_2 || 13_8
= || 2E_{16} || 46
! || 12_3 || 12_4
= || 0.1_2 || 1/2
= || (1011)_2 || 11
)table");
}

TEST_CASE("pairs: repeating", "[verify][maths]") {
    check_table(R"table(
= || 0.\overline{9} || 1
= || 0.\overline{36} || 4/11
= || 0.1\overline{6} || \frac16
= || 0.\dot{3} || 1/3
= || 1.\overline{142857} || \frac{8}{7}
= || 0.333\ldots || \frac13
! || 0.33 || \frac13
! || 0.3333333333333333 || \frac13
= || -0.\overline{3} || -\frac13
)table");
}

TEST_CASE("pairs: equations", "[verify][maths]") {
    check_table(R"table(
= || x = 5 || 5
= || y = 2x + 1 || y = 1 + 2x
= || y = 2x+1 || 2x - y + 1 = 0
= || 2x + 3y = 6 || 4x + 6y = 12
! || 2x + 3y = 6 || 2x + 3y = 5
= || x^2 + y^2 = 4 || y^2 = 4 - x^2
= || \frac{x^2}{9}+\frac{y^2}{4}=1 || 4x^2 + 9y^2 = 36
= || y = \frac{1}{x} || xy = 1
! || y = x || y = -x
= || f(x) = x^2 || x^2
= || f(x) = x^2 || y = x^2
= || a = b || b = a
= || (x-1)^2+(y+2)^2=9 || x^2+y^2-2x+4y-4=0
= || x = 1, y = 2 || (1,2)
= || x=1,y=2 || y = 2, x = 1
= || (x,y) = (1,2) || x = 1, y = 2
? || 3x+5 = 3x+5 || 5+3x = 3x+5
)table");
}

TEST_CASE("pairs: matrices", "[verify][maths]") {
    check_table(R"table(
= || \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} || \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}
! || \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} || \begin{pmatrix} 1 & 3 \\ 2 & 4 \end{pmatrix}
= || \begin{pmatrix} 1/2 \\ 3 \end{pmatrix} || \begin{pmatrix} 0.5 \\ 3 \end{pmatrix}
= || 2\begin{pmatrix} 1 \\ 2 \end{pmatrix} || \begin{pmatrix} 2 \\ 4 \end{pmatrix}
= || \frac{1}{2}\begin{pmatrix} 2 & 4 \\ 6 & 8 \end{pmatrix} || \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}
= || \begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix} || -2
! || \begin{pmatrix} 1 \\ 2 \end{pmatrix} || \begin{pmatrix} 1 & 2 \end{pmatrix}
= || \langle 1, 2, 3 \rangle || (1,2,3)
= || 3\mathbf{i} - 2\mathbf{j} || 3i-2j
)table");
}

TEST_CASE("pairs: thousands", "[verify][maths]") {
    check_table(R"table(
= || 1,234,567 || 1234567
= || 1{,}234 || 1234
= || 1\,234\,567 || 1234567
= || 12,345.67 || 12345.67
! || 1,234 || 1.234
= || 10,000 || 10^4
= || 1 000 000 || 10^6
)table");
}

TEST_CASE("pairs: text answers", "[verify][maths]") {
    check_table(R"table(
= || \text{Monday} || monday
= || \text{yes} || Yes
! || \text{yes} || no
= || \text{True} || true
= || \textbf{(A)} || A
= || (A) || \text{A}
= || \textbf{(B)}\ 12 || B
! || (A) || (B)
= || \text{(C)}\ 5 || (C)
= || \mathrm{(D)} || D
= || \text{Friday.} || Friday
= || \text{no solution} || \text{No solution}
= || \text{infinitely many} || infinitely many
)table");
}

TEST_CASE("pairs: surds", "[verify][maths]") {
    check_table(R"table(
= || \sqrt{12} || 2\sqrt{3}
= || \frac{1}{\sqrt{3}} || \frac{\sqrt{3}}{3}
= || \frac{1}{\sqrt{2}-1} || \sqrt{2}+1
= || \sqrt{5+2\sqrt{6}} || \sqrt2+\sqrt3
= || \sqrt[3]{16} || 2\sqrt[3]{2}
= || \sqrt{\frac{1}{2}} || \frac{\sqrt{2}}{2}
! || \sqrt{2}+\sqrt{3} || \sqrt{5}
= || \sqrt[4]{4} || \sqrt{2}
= || 3\sqrt{2}\cdot\sqrt{8} || 12
= || \sqrt{50}-\sqrt{18} || \sqrt{8}
= || \sqrt{10} || 3.162
= || \sqrt{10} || 3.1623
= || \sqrt{2}+\sqrt{3} || 3.1463
= || \sqrt 2 || 2^{0.5}
= || 5 \sqrt 3 || 5\sqrt{3}
)table");
}

TEST_CASE("pairs: factored/expanded", "[verify][maths]") {
    check_table(R"table(
= || (x-1)(x+2) || x^2+x-2
= || x(x+1)(x+2) || x^3+3x^2+2x
! || (x-1)(x+2) || x^2-x-2
= || \frac{x^2-4}{x-2} || x+2
= || \frac{1}{x}+\frac{1}{y} || \frac{x+y}{xy}
= || a^2-b^2 || (a-b)(a+b)
= || (a+b)^3 || a^3+3a^2b+3ab^2+b^3
= || 2^{n+1} || 2\cdot 2^n
= || 4^n || 2^{2n}
= || (n+1)! || (n+1) n!
= || \frac{n!}{(n-2)!} || n(n-1)
= || x^{-1} || \frac1x
= || \frac{a}{b/c} || \frac{ac}{b}
= || -x+y || y-x
= || \frac{x-1}{2} || \frac{1}{2}(x-1)
= || 3n^2+3n+1 || (n+1)^3-n^3
)table");
}

TEST_CASE("pairs: trig/log", "[verify][maths]") {
    check_table(R"table(
= || \sin 60^\circ || \frac{\sqrt3}{2}
= || \cos\frac{\pi}{4} || \frac{1}{\sqrt2}
= || \tan 15^\circ || 2-\sqrt3
= || \arctan\sqrt3 || \frac{\pi}{3}
= || \arccos\frac12 || 60^\circ
= || \log_2 32 || 5
= || \log_{3} 2 || \frac{\ln 2}{\ln 3}
= || \ln\frac{1}{e} || -1
= || \ln 12 || 2\ln 2+\ln 3
= || \log 2 + \log 5 || 1
= || e^{2\ln 3} || 9
= || \sin^2 x + \cos^2 x || 1
= || \sin 2x || 2\sin x\cos x
= || \cos 2x || 1-2\sin^2 x
! || \cos 2x || 1-\sin^2 x
= || 1+\tan^2 x || \sec^2 x
= || \frac{\pi}{2} || \pi/2
= || \frac{\pi}{2} || 1.5708
! || \frac{\pi}{2} || 1.57
= || e || 2.71828
= || \ln(x^2) || 2\ln x
= || \frac{\log 8}{\log 2} || 3
= || \cos(\pi/5) || \frac{1+\sqrt5}{4}
= || \sin 18^\circ || \frac{\sqrt5-1}{4}
)table");
}

TEST_CASE("pairs: complex", "[verify][maths]") {
    check_table(R"table(
= || 3+4i || 4i+3
= || (2+i)(2-i) || 5
= || e^{i\pi/2} || i
= || \frac{1+i}{1-i} || i
! || 2+3i || 2-3i
= || \sqrt{-4} || 2i
= || \text{cis}(90^\circ) || i
= || \cos 60^\circ + i \sin 60^\circ || e^{i\pi/3}
= || 2e^{i\pi/3} || 1+i\sqrt3
= || i^{2023} || -i
)table");
}

TEST_CASE("pairs: big exact", "[verify][maths]") {
    check_table(R"table(
! || 123456789012345678901234567890 || 123456789012345678901234567891
= || 2^{100} || 1267650600228229401496703205376
! || 2^{100} || 1267650600228229401496703205377
= || 20! || 2432902008176640000
! || 20! || 2432902008176640001
! || \frac{10^{20}+1}{10^{20}} || 1
= || 2^{1000} || 4^{500}
! || 10^{100}+1 || 10^{100}
! || 3^{1000} || 3^{1000}+2
! || 1.0000000000000000001 || 1
)table");
}

TEST_CASE("pairs: decimals", "[verify][maths]") {
    check_table(R"table(
= || .5 || 0.50
= || 5.0 || 5
= || 3.14 || \frac{157}{50}
! || \pi || 3.14
! || \frac{2}{3} || 0.67
! || \frac{2}{3} || 0.6667
= || \frac{1}{8} || 0.125
! || 0.1 || 0.10001
= || 1.23e2 || 123
)table");
}

TEST_CASE("pairs: ratio, time", "[verify][maths]") {
    check_table(R"table(
= || 2:3 || \frac{2}{3}
= || 2:3 || 4:6
! || 2:3 || 3:2
= || 2 : 3 || 2:3
= || 1:2:3 || 2:4:6
= || 3:30 \text{ PM} || 3:30 p.m.
! || 3:30 || 3:31
= || 10:00 \text{ a.m.} || 10:00 AM
)table");
}

TEST_CASE("pairs: functions of several", "[verify][maths]") {
    check_table(R"table(
= || \max(1,2) || 2
= || \lfloor \pi \rfloor || 3
= || \binom{6}{2} || 15
= || {6 \choose 2} || 15
= || \sum_{i=1}^{10} i || 55
? || C(6,2) || 15
= || |-5| || 5
)table");
}

TEST_CASE("pairs: extraction leniency", "[verify][maths]") {
    check_table(R"table(
= || 5 || \mathbf{5}
! || 5 || \text{The answer is } 5
= || 5 || {\color{red}5}
= || 5 || \underline{5}
= || 5 || 5.
= || 5 || \displaystyle 5
= || \frac{3}{4} || \frac{3}{4}.
= || \frac{3}{4} || \large\frac{3}{4}
= || 42 || **42**
= || 7 || \(7\)
= || 7 || \[7\]
= || 7 || $$7$$
= || 7 || x = 7.
= || 7 || \boxed{7}
= || n = 7 || n=7
= || 12 || 12,
= || 3/4 || \tfrac34
= || 9 || 3^2
= || \infty || +\infty
! || \infty || -\infty
= || \infty || \text{infinity}
= || -\frac{1}{2} || \frac{-1}{2}
= || -\frac{1}{2} || \frac{1}{-2}
= || -\frac{a}{b} || \frac{-a}{b}
= || \frac{-3-\sqrt{5}}{2} || -\frac{3+\sqrt5}{2}
! || 10 || 100
! || x || y
! || 5x || 5
= || 5x || 5 \cdot x
= || 2\pi r || 2 \pi r
= || \pi r^2 || r^2 \pi
= || 6\pi \text{ cm} || 6\pi
! || 6\pi || 6
= || 16 - 4\pi || 4(4-\pi)
)table");
}

TEST_CASE("pairs: of all kinds, 1", "[verify][maths]") {
    check_table(R"table(
= || x \le 3 || x \leqslant 3
= || -\infty < x < 3 || (-\infty, 3)
= || 0 < x < 1 \text{ or } x > 2 || (0,1)\cup(2,\infty)
= || (-2, 0) \cup (0, 2) || -2 < x < 2, x \neq 0
= || [-1, 1] || |x| \le 1
= || x^2 || x\cdot x
= || 2^{-1} || \frac{1}{2}
= || \frac{2\sqrt{3}}{3} || \frac{2}{\sqrt{3}}
= || 1 + \frac{\sqrt{2}}{2} || \frac{2+\sqrt2}{2}
= || 10\sqrt{3} \text{ cm}^2 || 10\sqrt3
= || \frac{5}{2}\pi || 2.5\pi
= || 120\pi \text{ cubic inches} || 120\pi
= || \frac{\pi}{6} \text{ radians} || 30^\circ
= || \frac{\pi}{6} || \frac{\pi}{6} \text{ rad}
= || 1:2 || 0.5
= || 3\times 10^{5} || 300000
= || 3 \cdot 10^{-2} || 0.03
= || 6.02e23 || 6.02 \times 10^{23}
! || 6.02 \times 10^{23} || 6.03 \times 10^{23}
= || \frac{3}{2}, -\frac{1}{2} || x = \frac32 \text{ or } x = -\frac12
= || (3, -1) || x = 3, y = -1
= || (3,-1) || \left(3,-1\right)
= || \left(\frac{1}{2}, \frac{\sqrt{3}}{2}\right) || (0.5, \sqrt{3}/2)
= || (1,2,3) || \begin{pmatrix}1\\2\\3\end{pmatrix}
= || \begin{pmatrix} -1 \\ 2 \end{pmatrix} || \begin{bmatrix} -1 \\ 2 \end{bmatrix}
= || a_n = 2n+1 || 2n+1
= || a_n = 2n+1 || a_n = 1+2n
= || y = (x-1)^2 || y = x^2 - 2x + 1
= || y=3x^2 || 3x^2 = y
! || y=3x^2 || y=3x
= || 2x - y = 0 || y = 2x
= || x + 2y - 5 = 0 || x + 2y = 5
= || -x - 2y + 5 = 0 || x + 2y = 5
! || x + 2y - 5 = 0 || x + 2y + 5 = 0
= || 3x - 4y \le 12 || 4y - 3x \ge -12
= || \frac{x}{3} + \frac{y}{4} = 1 || 4x + 3y = 12
= || n \ge 3 || n > 2.99999 and n >= 3
= || \frac{1}{2}\left(e^x - e^{-x}\right) || \sinh x
= || \ln|x| + C || C + \ln|x|
= || \frac{x^3}{3} + C || \frac{1}{3}x^3 + C
! || \frac{x^3}{3} + C || \frac{x^3}{3}
= || e^{-2x}(x+1) || (1+x)/e^{2x}
= || \sqrt{x^2+1} || (x^2+1)^{1/2}
= || \sqrt{x}\sqrt{y} || \sqrt{xy}
= || \log_a b || \frac{\ln b}{\ln a}
= || 2\log_2 x || \log_2 x^2
= || \sec x || 1/\cos x
= || \sin(x+\pi) || -\sin x
= || \sin(90^\circ - x) || \cos x
= || \cos(2\theta) || 2\cos^2\theta - 1
= || \tan(a+b) || \frac{\tan a+\tan b}{1-\tan a\tan b}
= || 0.1 + 0.2 || 0.3
! || 0.30000000000000004 || 0.3
= || \frac{355}{113} || 355/113
! || \frac{355}{113} || \pi
! || \sqrt{2} || \frac{99}{70}
= || 12\frac{1}{2}\% || 12.5\%
= || 1\text{ hour } 30 \text{ minutes} || 90 \text{ minutes}
= || 5\text{ ft } 6\text{ in} || 66 \text{ inches}
= || 2\text{ h } 15\text{ min} || 135 \text{ min}
= || \text{A and C} || A, C
= || A, C || \text{C, A}
! || A, C || A, B
= || \text{(A), (C)} || A, C
= || ABC || \text{ABC}
! || \text{ABC} || ACB
= || \text{Sunday} || \text{ sunday }
= || \text{east} || East
= || \text{increasing} || increasing
= || \text{three} || 3
= || \text{odd} || \mathrm{odd}
= || \triangle ABC || \triangle ABC
= || \angle A = 30^\circ || 30
= || \angle ABC = 30^{\circ} || 30^\circ
= || |AB| = 5 || 5
= || AB = 5 || 5
= || S_{ABC} = 12 || 12
= || \frac{AB}{CD} = \frac{1}{2} || \frac12
= || P(X=2) = \frac{1}{4} || \frac14
= || \overline{AB} || \overline{AB}
= || m = 3, n = 5 || n=5, m=3
= || m=3 \text{ and } n=5 || (3,5)
= || k \in \{1,2,3\} || k = 1, 2, 3
= || \{x \mid x = 1 \text{ or } x = 2\} || \{1,2\}
= || x \in \mathbb{R} || (-\infty,\infty)
= || \text{all real numbers} || \mathbb{R}
= || \mathbb{R} || x \in \mathbb{R}
= || \text{No real solutions} || no real solutions
= || \emptyset || \text{no solution}
= || \frac{7}{12} || \frac{14}{24}
= || \frac{7}{12} || 7 / 12
= || 3x^2y || 3yx^2
= || 6xy^2z || 6 x z y^2
= || -2 || - 2
= || (-2)^3 || -8
= || -2^2 || -4
! || -2^2 || 4
= || 2^3^2 || 2^9
= || \sqrt{(-3)^2} || 3
= || 8^{\frac{2}{3}} || 4
= || 0.5! || 0.5!
= || 10!/(8!) || 90
= || 2\cdot 3 \cdot 5 || 30
= || 2^3 \cdot 3^2 || 72
= || 2^{3} \times 3^{2} || 2^3\cdot 9
= || \lceil 2.1 \rceil || 3
= || \lfloor -2.5 \rfloor || -3
= || \gcd(12, 18) || 6
= || \operatorname{lcm}(4,6) || 12
= || 17 \bmod 5 || 2
= || x \equiv 2 \pmod{5} || 2 \pmod 5
= || \sum_{k=0}^{3} 2^k || 15
= || \prod_{k=1}^{4} k || 24
? || \sum_{n=1}^{\infty} \frac{1}{2^n} || 1
? || \int_0^1 x dx || \frac12
? || \lim_{x\to 0} \frac{\sin x}{x} || 1
= || \left|\frac{-3}{4}\right| || 0.75
= || \lVert v \rVert || \lVert v \rVert
= || \bar{z} || \overline{z}
= || z = 1 + i || 1+i
)table");
}

TEST_CASE("pairs: of all kinds, 2", "[verify][maths]") {
    check_table(R"table(
= || \Re(3+4i) || 3
= || |3+4i| || 5
= || 1+\mathrm{i} || 1+i
= || \mathrm{e}^2 || e^2
= || 1.0 || 1.00
= || 1e3 || 1000
= || 2,5 || 2.5
! || 2,5 || 25
= || (2,5) || (2, 5)
! || (2.5) || (2,5)
= || 1, 2, 3, \ldots || 1,2,3,...
= || 1234 || 1 234
= || 12 345 || 12345
! || 12 345 || 12, 345
= || \text{\$}5 || 5
= || \$ 5.50 || 5.5
= || 5 \$ || 5
= || \pounds 5 || 5
= || 5\,^\circ\mathrm{C} || 5
= || 98.6^\circ F || 98.6
! || 5^\circ C || 5^\circ F
= || 15 \text{ cm}^3 || 15 \mathrm{cm}^3
= || 15 \text{ cm}^3 || 15 \text{ cubic centimeters}
= || 9.8 \, \text{m/s}^2 || 9.8 \text{ meters per second squared}
= || 9.8 m/s^2 || 9.8\ \mathrm{m}/\mathrm{s}^2
= || 40 \text{ N} || 40
= || 3.6 \text{ km/h} || 1 \text{ m/s}
= || 1 \text{ L} || 1000 \text{ mL}
= || 1000 \text{ cm}^3 || 1 \text{ L}
= || 2 \text{ days} || 48 \text{ hours}
! || 2 \text{ days} || 2 \text{ hours}
= || \frac{1}{2} \text{ mile} || 0.5 \text{ miles}
= || 3 \text{ eggs} || 3 eggs
= || 12 \text{ ways} || 12
= || 4 \text{ units} || 4
= || 4 \text{ sq. units} || 4
= || 1/3 || 1/3.
= || 1/3 || \frac{1}{3}\,
= || 5 || 5 \quad
= || 5 || \,5\,
= || 5 || ~5
= || 5 || {5}
= || \frac{1}{2} || {\frac{1}{2}}
= || 5 || \mathrm{5}
= || x=5 || \text{x = 5}
= || 5 || \text{x} = 5
= || x_1 = 1, x_2 = 2 || 1, 2
! || x_1 = 1, x_2 = 2 || x_1 = 2, x_2 = 1
= || x_{1,2} = \pm 3 || 3, -3
! || 1 || 1, 1
! || 3 || 3, 3, 3
= || x=2,\; y=3 || (2,3)
= || 7, 11, 13 || 7; 11; 13
= || 7 \text{ or } 11 || 7, 11
= || 4 \text{ or } 5 || 5 \text{ or } 4
! || 4 \text{ or } 5 || 4
= || (x+3)(x-3) || x^2 - 9
= || (x - 3)(x + 3) = 0 || x^2 - 9 = 0
= || -(x-3) || 3-x
= || \frac{(x-3)}{-1} || 3-x
= || \frac{3-\sqrt{5}}{2} || \left(\frac{\sqrt{5}-1}{2}\right)^2
= || \frac{\sqrt{6}+\sqrt{2}}{4} || \cos 15^\circ
= || \frac{\sqrt{6}-\sqrt{2}}{4} || \sin(\pi/12)
= || \arcsin\frac{3}{5} || \arctan\frac{3}{4}
= || \arctan 2 + \arctan 3 || \frac{3\pi}{4}
= || \pi - \arccos\frac13 || \arccos(-\frac13)
= || \sqrt[3]{4} || 4^{1/3}
= || 2^{2/3} || \sqrt[3]{4}
= || \sqrt{7+4\sqrt3} || 2+\sqrt3
! || \frac{1+\sqrt{5}}{2} || \phi
= || \ln 2 || -\ln\frac12
= || \log_4 8 || 1.5
= || \log_{10} 1000 || 3
= || \ln(e^5) || 5
= || e^{\ln 7} || 7
= || 2^{10} - 1 || 1023
= || 1 - \frac{1}{2^{10}} || \frac{1023}{1024}
= || \binom{2n}{n} || \frac{(2n)!}{n!n!}
= || \frac{n(n+1)(2n+1)}{6} || \sum_{k=1}^n k^2
= || F_{10} = 55 || 55
= || 3^{n+1} - 3^n || 2\cdot 3^n
= || \frac{x^2+3x+2}{x+1} || x+2
= || \frac{a^3-b^3}{a-b} || a^2+ab+b^2
= || 100(1.05)^{10} || 100 \cdot 1.05^{10}
! || 1.05^{10} || 1.6289
= || 50\sqrt{2} \approx 70.7 || 50\sqrt2
= || \approx 3.14 || 3.14
= || \frac{\pi^2}{6} || \pi^2/6
! || \frac{\pi^2}{6} || \frac{\pi}{6}
= || 30\% || 0.3
= || 30\,\% || 30%
= || 150\% || 1.5
= || -5\% || -0.05
= || 0\% || 0
= || 1\text{:}2 || 1:2
= || 1 \text{ to } 2 || 1:2
= || 5 \text{ to } 3 || 5:3
! || 1001_2 || 1001_3
! || AB_{16} || 171
= || 77_8 || 63
= || 11_2 || 3_{10}
= || 110_{\text{two}} || 6
= || 0.1234\overline{56} || 0.1234565656...
= || 3.\overline{3} || \frac{10}{3}
= || 0.\overline{12} || \frac{4}{33}
! || 0.\overline{12} || 0.12
! || 0.\overline{12} || 0.1\overline{2}
= || 1/2 || 0.5
= || x+1 || 1+x
= || (x+1)^2 || x^2+2x+1
! || (x+1)^2 || x^2+2x+2
= || \frac{\sqrt{2}}{2} || \frac{1}{\sqrt{2}}
= || \sqrt{8} || 2\sqrt{2}
! || \sqrt{8} || 2\sqrt{3}
= || \cos\frac{\pi}{6} || \frac{\sqrt3}{2}
= || \sin 30^\circ || 1/2
= || e^{i\pi} || -1
= || 2^{10} || 1024
= || \ln 4 || 2\ln 2
= || \log_2 8 || 3
)table");
}

TEST_CASE("pairs: of all kinds, 3", "[verify][maths]") {
    check_table(R"table(
= || \log 100 || 2
! || \log 100 || 3
= || \pi || 3.1416
! || \pi || 22/7
= || \sqrt{2} || 1.41421356
! || \sqrt{2} || 1.41421357
! || 1/3 || 0.333
! || 1/3 || 0.3333333
= || \tan^2(y)+1 || \sec^2(y)
= || 2\sin b\cos a || \sin(a+b)-\sin(a-b)
= || x \le 2 || 5-3\ge x
= || x<-2 \text{ or } x>3 || (-\infty,-2)\cup(3,\infty)
! || x<-2 \text{ or } x>3 || (-\infty,-2]\cup(3,\infty)
= || -2 \le x \le 7 || x\in[-2,7]
= || -2 \le x \le 7 || [-2,7]
! || (0,9) || [0,9)
= || x \ne 3 || (-\infty,3)\cup(3,\infty)
= || \mathbb{R}\setminus\{3\} || (-\infty,3)\cup(3,\infty)
= || 2x+4y-3=0 || y=-\frac12x+\frac34
! || 2x+4y-3=0 || y=-\frac12x+\frac35
= || x^2/4+y^2/3=1 || x^2/16+y^2/12=1/4
! || a+3z=0 || 0
! || 7=11a+c || 11a+c
= || 1\pm\sqrt5 || 1+\sqrt5, 1-\sqrt5
= || \{1\pm\sqrt5,-2\} || -2, 1-\sqrt5, 1+\sqrt5
! || \pm 2021 || 2021
= || \begin{pmatrix}1&2\\3&4\end{pmatrix} || \left[\begin{array}{cc}1&2\\3&4\end{array}\right]
= || \begin{pmatrix}6&8\\10&12\end{pmatrix} || \begin{pmatrix}1&2\\3&4\end{pmatrix}+\begin{pmatrix}5&6\\7&8\end{pmatrix}
= || \begin{pmatrix}1\\2\end{pmatrix} || (1,2)
! || \begin{pmatrix}1\\2\end{pmatrix} || (2,1)
= || 3:5 || 6:10
! || 3:5 || 5:3
= || 3:5 || 3/5
! || 12:00 || 1:00
= || 8:34 \text{ p.m.} || 8:34 PM
! || 8:34 \text{ p.m.} || 8:34 a.m.
! || 12_5 || 12
= || 12_5 || 7
= || 24_{10} || 24
= || \text{A5}_{11} || A5_{11}
! || 1.0 || 1.0000000000001
! || 10^{-30} || 0
! || \sqrt{2} || \sqrt{2}+10^{-40}
! || \pi || \pi+10^{-50}
= || 5 m || 5\text{ meters}
= || 5 m || 5m
= || 4m || 4 m
! || 5 cm || 5 m
= || 100 cm || 1 m
= || 60 \text{ km/h} || 60 km per hour
= || 2400 \mbox{ cm}^2 || 2400\text{ square cm}
! || 5 || 5, 6
= || 0.\overline{3} || 1/3
= || 0.1(6) || 1/6
= || \frac{4!}{2!} || 12
= || \binom{5}{2} || 10
= || \lfloor 3.7\rfloor || 3
= || \gcd(12,18) || 6
= || f(4-x) || f(-x+4)
= || n! || n(n-1)!
= || \frac{n(n+1)}{2} || \binom{n+1}{2}
= || \sum_{k=1}^{n} k || \frac{n(n+1)}{2}
= || 2^{n-1} || \frac{2^n}{2}
! || 2^{n-1} || 2^n
= || x^{1/2} || \sqrt{x}
! || x || \sqrt{x^2}
= || \frac{1}{3\sqrt[3]{x}^2} || \frac{1}{3x^{2/3}}
= || \sqrt[3]{-8} || -2
= || (1+i)^2 || 2i
= || \frac{2}{1-i} || 1+i
! || 1+2i || 1-2i
= || \text{even} || Even
! || \text{even} || odd
= || \text{(C)} || C
! || A || B
= || \text{A,B} || B, A
= || xy || yx
! || CBAD || ABCD
= || (x,y)=(1,2) || (1,2)
= || x=1, y=2 || y=2, x=1
! || x=1, y=2 || x=2, y=1
= || AB=9, CD=4 || 9, 4
= || 1.5\times10^3 || 1500
= || 50\% || 0.5
= || 50\% || 50
! || 0.5 || 50
= || 9^{9^9} || 9^{387420489}
! || 9^{9^9} || 9^{9^9}+1
= || e^{x+y} || e^x e^y
= || \ln(xy) || \ln x+\ln y
! || \ln(x+y) || \ln x+\ln y
= || \frac{x^2-1}{x-1} || x+1
= || \frac{1}{2}\ln 3 || \ln\sqrt3
= || \arctan 1 || \frac{\pi}{4}
= || \sin^{-1}(1/2) || \pi/6
= || 30^\circ || \pi/6
= || 1,000,000 || 10^6
= || 1000.99 || 1000,99
= || y=2x+3 || 2x+3
= || f(x)=2x+3 || y=2x+3
= || x \equiv 3 \pmod 7 || 3 \pmod 7
! || 3 \pmod 7 || 3 \pmod 5
= || 3x^2-12 || 3(x-2)(x+2)
= || \frac{\pi}{2}+k\pi || k\pi+\frac{\pi}{2}
= || \text{four} || 4
= || s^2 \le 8r^2 || 8r^2 \ge s^2
! || s^2 \le 8r^2 || 8r^2 \le s^2
! || [0,1] || [0,1)
= || (1,2)\cup(2,3) || (2,3)\cup(1,2)
! || (1,2) || (2,1)
! || \{1,2,3\} || \{1,2\}
= || \frac{\sqrt{\sqrt{11}+\sqrt{194}}}{15+2\sqrt{33}} || \frac{\sqrt{\sqrt{11}+\sqrt{194}}}{2\sqrt{33}+15}
= || \sqrt{3+2\sqrt2} || 1+\sqrt2
= || \sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5} || 1
! || e^{\pi\sqrt{163}} || 262537412640768744
! || x=5 || y=5
= || xy=1 || yx=1
= || \frac{dM}{dt}=kM || \frac{dM}{dt}=Mk
! || \frac{dM}{dt} || \frac{M}{t}
= || 2\text{ hours } || 120 \text{ minutes}
)table");
}

TEST_CASE("pairs: of all kinds, 4", "[verify][maths]") {
    check_table(R"table(
= || \$5 || 5 dollars
! || \$5 || 5 cents
= || \frac{1}{4p^2} || 0.25p^{-2}
= || 5\sqrt{13} || \sqrt{325}
= || 4+i\sqrt5, 4-i\sqrt5 || 4\pm i\sqrt5
= || -1 \pm 2i || -1+2i, -1-2i
! || 2x || 3x
= || 3\frac12 || \frac72
= || x^3-1=0 || 2x^3=2
= || \cot x || \frac{1}{\tan x}
= || \cosh x || \frac{e^x+e^{-x}}{2}
= || {1,2} || \{2,1\}
= || -\frac{\sqrt{2}}{2} || \frac{-1}{\sqrt{2}}
= || y = \pm\frac{1}{2}x || y=\frac{x}{2}, y=-\frac{x}{2}
= || (-\infty,\infty) || \mathbb{R}
= || \emptyset || \{\}
= || x=2 || 2
= || x\in\{1,2\} || 1, 2
= || 1, 2, 3 || 1, 2 and 3
= || 12\text{ and }13 || 12, 13
= || 1/2 || \frac{1}{2}\text{ of the pie}
= || 7 || 7 \text{ distinct integers}
= || \frac{3}{4}\text{ cup} || 0.75
= || 0.5 || \frac12 \text{ hour}
= || 45^\circ, 135^\circ || 135^{\circ}, 45^{\circ}
= || x > 5 || 5 < x
= || x \geq 5 || x >= 5
= || \sin^4 x + \cos^4 x || 1-2\sin^2x\cos^2x
= || \frac{e^{at}-e^{-at}}{2a} || \frac{\sinh(at)}{a}
= || \ln\left(\frac{x+1}{x-1}\right) || \ln(x+1)-\ln(x-1)
= || \cos 3x || 4\cos^3 x-3\cos x
! || \cos 3x || 4\cos^3 x-3\sin x
! || \arctan x + \arctan(1/x) || \frac{\pi}{2}
= || \cos(6^\circ)\sin(12^\circ)\csc(18^\circ) || \frac{\cos(\pi/30)\sin(\pi/15)}{\sin(\pi/10)}
= || \frac{\cos(2t)+\sin(2t)}{4} || \frac{\sqrt2}{4}\cos(2t-\pi/4)
= || 16\pi || 50.265
! || 16\pi || 50.27001
= || 2^{4181} || 2^{4180}\cdot 2
= || \frac{1}{2^{98}} || 2^{-98}
= || 2^{n-1} || \frac{1}{2}\cdot 2^n
= || \log_2 3 || \frac{\ln 3}{\ln 2}
= || \log_3 x || \frac{\log x}{\log 3}
= || \cos\frac{2\pi}{5} || \frac{\sqrt5-1}{4}
= || \frac{\sqrt{5}+1}{2} || 1.6180
! || \frac{\sqrt{5}+1}{2} || 1.62
= || i^{i} || e^{-\pi/2}
= || \sum_{k=1}^{10} k || 55
= || \sum_{k=1}^{n} k^2 || \frac{n(n+1)(2n+1)}{6}
= || \prod_{k=1}^{5} k || 120
= || n! || n \cdot (n-1)!
= || (-1)^{n+2} || (-1)^n
= || a^{2b} || (a^b)^2
= || \frac{\frac{1}{x}+1}{x} || \frac{1+x}{x^2}
= || 2x^2 - 12x + 20 || 2(x-3)^2+2
= || (x^2+x+1)(x^8-x^7+x^5-x^4+x^3-x+1) || x^{10}+x^5+1
! || \frac{\sqrt{6}+\sqrt{2}}{4} || \cos 16^\circ
! || \sqrt{2} || -\sqrt{2}
! || 10^{-100}+\sqrt2 || \sqrt2
! || e^{-300} || 0
! || e^{-300}+1 || 1
! || \pi^{-200} || 0
= || x^2+y^2=4 || 4-x^2=y^2
= || \frac{x}{2}+\frac{y}{3}=1 || 3x+2y=6
! || x^2+y^2=4 || x^2+y^2=2
! || y=x+1 || y=x-1
= || xy=1 || y=\frac1x
= || y=\frac{x}{2} || 2y=x
! || x=5 || x=-5
! || x=5 || x^2=25
= || 3<x<5 || x\in(3,5)
= || 3<x<5 || x>3 \text{ and } x<5
= || 3<x<5 || 5>x>3
= || (3,5) || 3<x<5
= || [3,5) || \{x : 3\le x<5\}
= || [3,5) || \{x \mid 3\le x<5\}
= || (-\infty,0)\cup(0,\infty) || x\neq0
! || (-\infty,0) || (0,\infty)
! || (0,1) || [0,1]
= || (-\infty,2] || x\le2
= || [-1,0)\cup(0,1] || [-1,1]\setminus\{0\}
= || 1<x\le 2 \text{ or } x>5 || (1,2]\cup(5,\infty)
= || k\ge 2 || [2,\infty)
= || \left(-\infty,-\frac12\right]\cup\left[\frac12,\infty\right) || x \le -0.5 \text{ or } x\ge 0.5
= || -793<a<10 || (-793,10)
= || a<b<c || c>b>a
! || 2<x<5 || 2<y<5
= || x+y>2 || y>2-x
! || x+y>2 || x+y\ge2
= || 5\text{ cm} || 50 mm
= || 5\text{ cm}^2 || 500\text{ mm}^2
= || 90\text{ km/h} || 25\text{ m/s}
! || 5\text{ kg} || 5\text{ g}
! || 5\text{ m} || 5\text{ s}
! || 5\text{ m} || 5\text{ m}^2
= || 1\text{ hour} || 60\text{ minutes}
= || 45\text{ mph} || 45\text{ miles per hour}
= || 10\text{ N} || 10
= || 5\% || 0.05
! || 5\% || 0.5
= || 12.5\% || \frac18
= || 25 percent || 25\%
= || \frac{1}{4} || 25\%
= || 20,000 || 20000
= || 2.5 \times 10^{-3} || 0.0025
= || 0.5 || \frac{1}{2}
= || 5:00 || 5:00
! || 1:2:3 || 1:3:2
= || (1,-2) || (1,-2)
! || (1,-2) || (-2,1)
! || (1,2) || (1,2,3)
! || 1,2 || 1
= || \{1,2,2\} || \{1,2\}
= || \emptyset || \varnothing
= || \text{no solution} || no solution
= || \text{Yes} || yes
! || \text{Yes} || No
= || \text{B} || (B)
= || \text{B} || \textbf{(B)}
= || B || \text{(B) }12
! || B || \text{(C)}
)table");
}

TEST_CASE("pairs: of all kinds, 5", "[verify][maths]") {
    check_table(R"table(
= || \begin{bmatrix}1\\2\end{bmatrix} || \begin{pmatrix}1\\2\end{pmatrix}
! || \begin{pmatrix}1&2\\3&4\end{pmatrix} || \begin{pmatrix}1&3\\2&4\end{pmatrix}
= || \frac15\begin{pmatrix}1\\2\end{pmatrix} || \begin{pmatrix}1/5\\0.4\end{pmatrix}
= || \langle 1,2,3\rangle || (1,2,3)
= || 1010_2 || 10
! || 1010_2 || 1010
! || 123_5 || 123_6
= || 1A_{16} || 26
= || 3! || 6
= || 6!! || 48
= || \binom{n}{2} || \frac{n(n-1)}{2}
= || 2\frac{3}{4} || 2.75
= || -1\frac12 || -1.5
= || 0.\overline{142857} || \frac17
! || 0.\overline{3} || 0.3
= || 3.\overline{9} || 4
= || \frac{22}{7} || 3\frac{1}{7}
= || \sqrt{12}+\sqrt{27} || 5\sqrt3
= || 8^{2/3} || 4
= || \frac{1}{1+\sqrt2} || \sqrt2-1
= || \sqrt{2}\sqrt{3} || \sqrt6
= || x=\pm 3 || x=3, x=-3
= || x=\pm 3 || \{3,-3\}
= || x = 3 \text{ or } x=-3 || \pm3
= || \frac{-1\pm\sqrt{13}}{4} || \frac{-1+\sqrt{13}}{4}, \frac{-1-\sqrt{13}}{4}
! || \pm 3 || 3
= || x=1,y=2 || (1,2)
= || p=5,q=2;p=7,q=2 || (5,2),(7,2)
= || (x,y,z)=(1,2,3) || x=1,y=2,z=3
= || a=4,-8,-10 || -10,-8,4
= || f(x)=x^2 || x^2
= || A=\pi r^2 || \pi r^2
= || \frac{NO}{BO}=\frac{1}{\sqrt6} || \frac{1}{\sqrt{6}}
= || S_{MBCN}:S=7:32 || 7:32
= || P(A)=0.5 || \frac12
= || \text{Area}=12 || 12
= || AB=12+12\sqrt{3} || 12(1+\sqrt3)
= || 6\text{ or }8 || 8,6
= || i\sqrt3,-i\sqrt3 || \pm i\sqrt3
! || 3+4i || 3-4i
= || e^{2\pi i/3} || -\frac12+\frac{\sqrt3}{2}i
= || \text{cis}(0) || \text{cis}(0)
= || 2\operatorname{cis}0 || 2\operatorname{cis}0
= || 10^{10^{10}} || 10^{10000000000}
! || 10^{10^{10}} || 10^{10^{10}}+1
= || x^{100}-1 || (x^{50}-1)(x^{50}+1)
= || (x+y)^3 || x^3+3x^2y+3xy^2+y^3
! || (x+y)^3 || x^3+y^3
= || \dot{x}_0 || \dot{x}_0
= || m_1 v_1 || v_1 m_1
! || m_1 v_1 || m_1 v_2
= || x' || x^{\prime}
= || \alpha+\beta || \beta+\alpha
= || −5 || -5
= || π/2 || \frac{\pi}{2}
= || √2 || \sqrt{2}
= || x²+1 || x^2+1
= || ½ || 0.5
= || 2·3 || 6
= || 3 × 10⁵ || 300000
= || 30° || 30^\circ
= || x≤3 || x\le3
= || [1,2]∪[3,4] || [1,2]\cup[3,4]
)table");
}

TEST_CASE("pairs: once more of everything", "[verify][maths]") {
    check_table(R"table(
= || \frac{\sqrt{3}}{2} || \sin\frac{\pi}{3}
= || \frac{1}{2} + \frac{\sqrt{3}}{2}i || e^{i\pi/3}
= || \frac{1}{2} + \frac{i\sqrt{3}}{2} || \cos(\pi/3) + i\sin(\pi/3)
! || 2i || -2i
= || x \in (-\infty, -1) \cup (3, \infty) || x < -1 \text{ or } x > 3
= || \left(-\infty,-1\right]\cup\left[3,\infty\right) || x \le -1, x \ge 3
! || (-\infty, -1) \cup (3, \infty) || (-1, 3)
= || [2, 5) || 2 \le x < 5
! || [2, 5) || 2 \le x \le 5
! || 2 \le x < 5 || 2 < x \le 5
= || a > 0 || 0 < a
= || 1 \le k \le 4 || k \in [1,4]
= || 12.50 || \$12.50
= || 12.50 \text{ dollars} || \$12.50
! || \$12.50 || \$12.05
= || 3,600 || 3600
= || 3{,}600 \text{ m} || 3.6 \text{ km}
= || 72\% || 0.72
! || 72\% || 0.072
= || \frac{72}{100} || 72\%
= || 7\frac{1}{2} || 7.5
= || 7\frac{1}{2} || \frac{15}{2}
= || 7 \frac{1}{2} \text{ feet} || 7.5
! || 7\frac{1}{2} || 3.5
= || 1:3 || \frac13
= || \frac{1}{3} || 1:3
= || 0.\overline{45} || \frac{5}{11}
= || 0.4\overline{5} || \frac{41}{90}
! || 0.\overline{45} || 0.4\overline{5}
! || 0.4545 || \frac{5}{11}
= || \sqrt{\sqrt{16}} || 2
= || \sqrt{2}\sqrt{3} || \sqrt{6}
! || \sqrt{2} + \sqrt{3} || \sqrt{6}
= || \frac{\sqrt{8}}{\sqrt{2}} || 2
= || \log_{9} 27 || \frac{3}{2}
= || \ln \sqrt{e} || 0.5
= || 3^{\log_3 5} || 5
= || \frac{x+1}{x-1} || 1 + \frac{2}{x-1}
! || \frac{x+1}{x-1} || 1 + \frac{1}{x-1}
= || (2x+3)(x-4) || 2x^2 - 5x - 12
= || x^2 + 4x + 4 || (x+2)^2
= || (x-y)^2 || (y-x)^2
! || (x-y)^3 || (y-x)^3
= || \frac{1}{1-x} || \frac{-1}{x-1}
= || 2^{3x} || 8^x
= || e^{\ln x} || x
= || \frac{\sin x}{\cos x} || \tan x
= || \begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix} || \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}
! || \begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix} || \begin{pmatrix} 0 & 1 \\ 1 & 0 \end{pmatrix}
= || \begin{pmatrix} \frac{1}{2} & \sqrt{4} \end{pmatrix} || \begin{pmatrix} 0.5 & 2 \end{pmatrix}
= || \left(\begin{array}{c} 1 \\ 2 \end{array}\right) || \begin{pmatrix} 1 \\ 2 \end{pmatrix}
= || \begin{pmatrix} 1 \\ 2 \end{pmatrix} || \langle 1, 2 \rangle
= || 99999999999999999999 || 10^{20} - 1
! || 99999999999999999999 || 10^{20}
! || 100000000000000000000000000001 || 100000000000000000000000000000
! || 0.10000000000000000000000000001 || 0.1
= || 2^{64} || 18446744073709551616
! || 2^{64} || 18446744073709551615
! || \frac{123456789123456789}{987654321987654321} || \frac{123456789123456788}{987654321987654321}
= || \text{Tuesday} || Tuesday
! || \text{Tuesday} || Thursday
= || \text{C} || (C)
= || \text{(C)} || \textbf{(C)}
! || \text{C} || D
= || x=3 \text{ or } x=-3 || \pm 3
= || x = -3, 3 || \pm 3
= || \{-3, 3\} || \pm 3
= || \pm\frac{1}{2} || \left\{-\frac12, \frac12\right\}
! || \pm 3 || \pm 4
! || \pm 3 || -3
= || y = -3x + 2 || 3x + y = 2
= || y = -3x+2 || y - 2 = -3x
! || y = -3x+2 || y = 3x+2
= || y - 1 = 2(x - 3) || y = 2x - 5
= || x^2 + y^2 = 25 || x^2 + y^2 - 25 = 0
= || (x-2)^2 + y^2 = 9 || x^2 - 4x + y^2 - 5 = 0
= || 45^\circ || 45
= || 45^\circ || 45 \text{ degrees}
= || 45^\circ || \frac{\pi}{4}
! || 45^\circ || 45.5
= || 90^{\circ} || 90\degree
= || 15 \text{ square inches} || 15 \text{ in}^2
= || 15 \text{ square inches} || 15 \text{ sq in}
! || 15 \text{ in}^2 || 15 \text{ in}^3
= || 2.5 \text{ hours} || 150 \text{ minutes}
! || 2.5 \text{ hours} || 2.5 \text{ minutes}
= || 110_2 || 6
= || 14_5 || 9_{10}
! || 14_5 || 14_6
= || (3, 4), (5, 12) || (5,12), (3,4)
= || \{(0,0), (1,1)\} || (1,1), (0,0)
= || (\sqrt{2}, \sqrt{3}) || (2^{1/2}, 3^{1/2})
! || (1, 2, 3) || (1, 3, 2)
= || 1, 2, 3 || 3, 2, 1
! || 1, 2, 3 || 1, 2, 4
= || a = 2, b = 3 || b = 3, a = 2
! || a = 2, b = 3 || a = 3, b = 2
= || 2\sqrt{5} \text{ units} || 2\sqrt5
= || \frac{9\sqrt{3}}{4} || \frac{9}{4}\sqrt{3}
= || 36\pi - 72 || 36(\pi - 2)
! || 36\pi - 72 || 36(\pi + 2)
= || 10 - 2\sqrt{3} || -2\sqrt3 + 10
! || 10 - 2\sqrt{3} || 10 + 2\sqrt{3}
= || 2 - \sqrt{3} || \frac{1}{2+\sqrt{3}}
= || \frac{4}{\sqrt{5} - 1} || 1 + \sqrt5
= || 3^{20} || 3486784401
= || 10! || 3628800
= || \frac{100!}{98!} || 9900
= || \binom{100}{50} || \binom{100}{50}
= || 5.0\times 10^{-7} || 0.0000005
! || 5.0\times 10^{-7} || 5.0\times 10^{7}
= || -\infty || -\infty
! || 0 || \emptyset
! || \{0\} || \emptyset
= || 0 || -0
= || 0 || 0.00
= || 17^{\text{th}} || 17
! || 17^{\text{th}} || 17^3
= || \left\{ x \mid x \neq 2 \right\} || (-\infty,2)\cup(2,\infty)
= || 0<p\leq\frac{1}{2} || (0, 0.5]
= || \frac{-b\pm\sqrt{b^2-4ac}}{2a} || -\frac{b}{2a} \pm \frac{\sqrt{b^2-4ac}}{2a}
= || (x,y,z)=(1,2,3) || x=1,y=2,z=3
= || \frac{1}{4}\pi || \frac{\pi}{4}
)table");
}
