// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/question_rules.hpp>

using gppo::outside_material;
using gppo::unfit_question;

TEST_CASE("links and images are outside material, brackets and figures are not",
          "[data][question_rules]") {
    CHECK(outside_material("see https://artofproblemsolving.com/x") == "link");
    CHECK(outside_material("see www.example.org") == "link");
    CHECK(outside_material("as shown ![](cut.png) here") == "image");
    CHECK(outside_material("as <img src='x'>") == "image");
    CHECK(outside_material("\\includegraphics[width=2cm]{a}") == "image");
    CHECK(outside_material("Compute 5![3] and [a](b) of x!").empty());
    CHECK(outside_material("[asy] draw((0,0)--(1,1)); [/asy]").empty());
    CHECK(gppo::has_image_part(nlohmann::json::parse(
        R"([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}])")));
    CHECK_FALSE(gppo::has_image_part(nlohmann::json::parse(
        R"([{"role": "user", "content": [{"type": "text", "text": "t"}]}, 5, {"content": "c"}])")));
}

TEST_CASE("proofs, true-or-false, choices and parts are found", "[data][question_rules]") {
    CHECK(unfit_question("Let x > 0. Prove that x + 1/x > 2.") == "proof");
    CHECK(unfit_question("Show that there is no such n.") == "proof");
    CHECK(unfit_question("True or false: every prime is odd.") == "true or false");
    CHECK(unfit_question("Is 7 a prime?", " Yes ") == "true or false");
    CHECK(unfit_question("What is 1+1?\n(A) 1\n(B) 2\n(C) 3") == "multiple choice");
    CHECK(unfit_question("Pick: $\\textbf{(A)}\\ 1 \\textbf{(B)}\\ 2 \\textbf{(C)}\\ 3$") ==
          "multiple choice");
    CHECK(unfit_question("Pick one.\nA. red\nB. blue\nC. green") == "multiple choice");
    CHECK(unfit_question("Which one?", "(B)") == "multiple choice");
    CHECK(unfit_question("(a) Find x. (b) Find y.") == "several parts");
    CHECK(unfit_question("Find:\n1) How many x?\n2) how many y?") == "several parts");
    CHECK(unfit_question("Do this. (i) Find x; (ii) find y.") == "several parts");
}

TEST_CASE("words of these rules inside a problem leave it alone", "[data][question_rules]") {
    for (const char* text :
         {"Ann can prove it. How many steps?", "An improved sieve finds 5 primes.",
          "Find f(a) and f(b) if f(x)=x.", "Points (1) and 2) are given: $(a)(b)$",
          "Triangle ABC has sides a, b, c. Find angle C.", "Let A = (B)(C). Find A.",
          "Find the largest n such that (i) n is even, (ii) n < 9.",
          "Follow the rule:\n1) If x > 2, stop.\n2) Else double x.\nWhat is last?"})
        CHECK(unfit_question(text).empty());
    CHECK(unfit_question("How many are true?", "3").empty());
}
