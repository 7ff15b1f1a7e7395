// SPDX-License-Identifier: Apache-2.0
//
// Which LaTeX commands and Unicode characters of an answer mean the same sign.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gppo {

using SymbolName = std::pair<std::string_view, std::string_view>;

/// Commands that only change how something looks.
inline constexpr std::array<std::string_view, 41> ignored_commands{
    "underline", "left",        "right",     "big",        "Big",
    "bigl",      "bigr",        "Bigl",      "Bigr",       "bigg",
    "Bigg",      "biggl",       "biggr",     "boxed",      "fbox",
    "quad",      "qquad",       "limits",    "nolimits",   "displaystyle",
    "textstyle", "scriptstyle", "space",     "thinspace",  "hfill",
    "nonumber",  "middle",      "mathstrut", "strut",      "mathopen",
    "mathclose", "mathrel",     "mathbin",   "mathord",    "negthinspace",
    "enspace",   "large",       "Large",     "normalsize", "small",
    "bf"};

/// Commands that are left out with their first argument.
inline constexpr std::array<std::string_view, 7> skipped_commands{
    "phantom", "color", "textcolor", "hspace", "vspace", "label", "tag"};

/// Commands whose argument is text.
inline constexpr std::array<std::string_view, 17> text_commands{
    "text", "textbf",     "textit",       "mathrm", "mbox",   "mathbf", "textrm", "mathit",    "rm",
    "hbox", "textnormal", "operatorname", "textsf", "texttt", "mathsf", "mathtt", "boldsymbol"};

/// Commands that are another way to write a sign of one token.
inline constexpr std::array<SymbolName, 68> command_symbols{{{"cdot", "*"},
                                                             {"times", "*"},
                                                             {"ast", "*"},
                                                             {"div", "/"},
                                                             {"lbrace", "\\{"},
                                                             {"rbrace", "\\}"},
                                                             {"lparen", "("},
                                                             {"rparen", ")"},
                                                             {"lbrack", "["},
                                                             {"rbrack", "]"},
                                                             {"colon", ":"},
                                                             {"leq", "<="},
                                                             {"le", "<="},
                                                             {"leqslant", "<="},
                                                             {"geq", ">="},
                                                             {"ge", ">="},
                                                             {"geqslant", ">="},
                                                             {"lt", "<"},
                                                             {"gt", ">"},
                                                             {"degree", "degree"},
                                                             {"circ", "degree"},
                                                             {"ne", "!="},
                                                             {"neq", "!="},
                                                             {"approx", "~"},
                                                             {"sim", "~"},
                                                             {"simeq", "~"},
                                                             {"cong", "~"},
                                                             {"doteq", "~"},
                                                             {"in", "in"},
                                                             {"cup", "cup"},
                                                             {"bigcup", "cup"},
                                                             {"cap", "cap"},
                                                             {"setminus", "setminus"},
                                                             {"backslash", "setminus"},
                                                             {"pm", "+-"},
                                                             {"mp", "-+"},
                                                             {"infty", "inf"},
                                                             {"lvert", "|"},
                                                             {"rvert", "|"},
                                                             {"vert", "|"},
                                                             {"mid", "|"},
                                                             {"prime", "'"},
                                                             {"ldots", "..."},
                                                             {"cdots", "..."},
                                                             {"dots", "..."},
                                                             {"equiv", "="},
                                                             {"langle", "<<"},
                                                             {"rangle", ">>"},
                                                             {"lfloor", "lfloor"},
                                                             {"rfloor", "rfloor"},
                                                             {"lceil", "lceil"},
                                                             {"rceil", "rceil"},
                                                             {"land", "and"},
                                                             {"lor", "or"},
                                                             {"wedge", "and"},
                                                             {"vee", "or"},
                                                             {"emptyset", "emptyset"},
                                                             {"varnothing", "emptyset"},
                                                             {"infin", "inf"},
                                                             {"dotsc", "..."},
                                                             {"dotsb", "..."},
                                                             {"euro", "euro"},
                                                             {"pounds", "sterling"},
                                                             {"S", "S"},
                                                             {"lor", "or"},
                                                             {"to", "to"},
                                                             {"rightarrow", "to"},
                                                             {"percent", "%"}}};

/// Characters outside ASCII.
inline constexpr std::array<SymbolName, 62> unicode_symbols{
    {{"−", "-"},      {"–", "-"},        {"—", "-"},      {"×", "*"},      {"·", "*"},
     {"⋅", "*"},      {"∙", "*"},        {"÷", "/"},      {"⁄", "/"},      {"∕", "/"},
     {"≤", "<="},     {"⩽", "<="},       {"≥", ">="},     {"⩾", ">="},     {"≠", "!="},
     {"≈", "~"},      {"∼", "~"},        {"°", "degree"}, {"º", "degree"}, {"∘", "degree"},
     {"∈", "in"},     {"∪", "cup"},      {"⋃", "cup"},    {"∩", "cap"},    {"∖", "setminus"},
     {"±", "+-"},     {"∓", "-+"},       {"∞", "inf"},    {"′", "'"},      {"’", "'"},
     {"″", "''"},     {"…", "..."},      {"≡", "="},      {"⟨", "<<"},     {"⟩", ">>"},
     {"⌊", "lfloor"}, {"⌋", "rfloor"},   {"⌈", "lceil"},  {"⌉", "rceil"},  {"∅", "emptyset"},
     {"€", "euro"},   {"£", "sterling"}, {"¥", "yen"},    {"¢", "cent"},   {"，", ","},
     {"、", ","},     {"；", ";"},       {"：", ":"},     {"（", "("},     {"）", ")"},
     {"［", "["},     {"］", "]"},       {"｛", "\\{"},   {"｝", "\\}"},   {"＝", "="},
     {"＋", "+"},     {"－", "-"},       {"％", "%"},     {"∣", "|"},      {"∧", "and"},
     {"∨", "or"},     {"→", "to"}}};

/// Characters that stand for a command (letters and roots).
inline constexpr std::array<SymbolName, 46> unicode_commands{
    {{"√", "sqrt"},  {"π", "pi"},      {"α", "alpha"},    {"β", "beta"},   {"γ", "gamma"},
     {"δ", "delta"}, {"ε", "epsilon"}, {"ϵ", "epsilon"},  {"ζ", "zeta"},   {"η", "eta"},
     {"θ", "theta"}, {"ι", "iota"},    {"κ", "kappa"},    {"λ", "lambda"}, {"μ", "mu"},
     {"µ", "mu"},    {"ν", "nu"},      {"ξ", "xi"},       {"ρ", "rho"},    {"σ", "sigma"},
     {"τ", "tau"},   {"φ", "phi"},     {"ϕ", "phi"},      {"χ", "chi"},    {"ψ", "psi"},
     {"ω", "omega"}, {"Γ", "Gamma"},   {"Δ", "Delta"},    {"Θ", "Theta"},  {"Λ", "Lambda"},
     {"Ξ", "Xi"},    {"Π", "Pi"},      {"Σ", "Sigma"},    {"Φ", "Phi"},    {"Ψ", "Psi"},
     {"Ω", "Omega"}, {"ℝ", "R"},       {"ℤ", "Z"},        {"ℕ", "N"},      {"ℚ", "Q"},
     {"ℂ", "C"},     {"∠", "angle"},   {"△", "triangle"}, {"𝜋", "pi"},     {"ħ", "hbar"},
     {"ℏ", "hbar"}}};

/// Raised digits and fractions of one character, as the ASCII they stand for.
inline constexpr std::array<SymbolName, 32> unicode_text{
    {{"²", "^2"},   {"³", "^3"},   {"¹", "^1"},   {"⁴", "^4"},   {"⁵", "^5"},   {"⁶", "^6"},
     {"⁷", "^7"},   {"⁸", "^8"},   {"⁹", "^9"},   {"⁰", "^0"},   {"½", " 1/2"}, {"⅓", " 1/3"},
     {"⅔", " 2/3"}, {"¼", " 1/4"}, {"¾", " 3/4"}, {"⅕", " 1/5"}, {"⅖", " 2/5"}, {"⅗", " 3/5"},
     {"⅘", " 4/5"}, {"⅙", " 1/6"}, {"⅛", " 1/8"}, {"⅜", " 3/8"}, {"⅝", " 5/8"}, {"⅞", " 7/8"},
     {"₀", "_0"},   {"₁", "_1"},   {"₂", "_2"},   {"₃", "_3"},   {"₄", "_4"},   {"₅", "_5"},
     {"₆", "_6"},   {"₇", "_7"}}};

template <std::size_t n>
constexpr const SymbolName* find_symbol(const std::array<SymbolName, n>& table,
                                        std::string_view name) noexcept {
    for (const SymbolName& entry : table)
        if (entry.first == name) return &entry;
    return nullptr;
}
template <std::size_t n>
constexpr const SymbolName* find_prefix(const std::array<SymbolName, n>& table,
                                        std::string_view text) noexcept {
    for (const SymbolName& entry : table)
        if (text.starts_with(entry.first)) return &entry;
    return nullptr;
}
template <std::size_t n>
constexpr bool contains_name(const std::array<std::string_view, n>& table,
                             std::string_view name) noexcept {
    for (const std::string_view entry : table)
        if (entry == name) return true;
    return false;
}

/// `text` with ² as ^2 and ½ as 1/2. Most answers are ASCII and stay as they are.
inline std::string plain_text(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size();) {
        const bool ascii = static_cast<unsigned char>(text[i]) < 0x80;
        const SymbolName* found = ascii ? nullptr : find_prefix(unicode_text, text.substr(i));
        if (found) {
            plain += found->second;
            i += found->first.size();
        } else {
            plain += text[i++];
        }
    }
    return plain;
}

/// Names of functions, as words or commands. What they compute is in numeric_value.hpp.
inline constexpr std::array<std::string_view, 45> function_names{
    "arcsin", "arccos", "arctan", "arccot", "asin", "acos", "atan", "sinh",    "cosh",
    "tanh",   "sin",    "cos",    "tan",    "cot",  "sec",  "csc",  "log",     "ln",
    "lg",     "exp",    "gcd",    "lcm",    "max",  "min",  "abs",  "floor",   "ceil",
    "sgn",    "Re",     "Im",     "det",    "sum",  "prod", "sqrt", "cbrt",    "binom",
    "GCD",    "LCM",    "arcsec", "arccsc", "coth", "sech", "csch", "ceiling", "cis"};

/// Words that have a value of their own in mathematics.
inline bool is_maths_word(std::string_view word) {
    return contains_name(function_names, word) || word == "pi" || word == "inf" ||
           word == "infinity" || word == "oo" || word == "mod";
}

}  // namespace gppo
