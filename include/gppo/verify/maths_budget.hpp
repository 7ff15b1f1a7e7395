// SPDX-License-Identifier: Apache-2.0
//
// What one comparison of two answers may cost. Costs are counted, not timed, so the same input
// always meets the same limit on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gppo {

/// Limits of one comparison. Beyond one of them the verdict is `budget`.
struct MathsBudget {
    std::size_t length = 16'384;     ///< bytes of one answer
    int depth = 100;                 ///< nested brackets, fractions, powers
    std::size_t nodes = 6'000;       ///< of both expression trees
    std::size_t bits = 32'768;       ///< of a numerator or denominator
    std::size_t work = 800'000;      ///< units of 5 to 15 ns
    std::size_t precision = 12'000;  ///< bits of a certified real number
    int comparisons = 4'096;         ///< pairs of parts of lists, sets, matrices
};

/// Counts what one comparison spends. Once exhausted it stays so.
class Meter {
  public:
    explicit Meter(const MathsBudget& budget) : budget_(budget) {}

    /// Pays for one operation whose operands and result have at most `bits` bits; false if it must
    /// not be done. Long multiplication is quadratic in the limbs.
    bool pay(std::size_t bits) {
        const std::size_t limbs = 1 + bits / 64;
        if (bits > budget_.bits) exhausted_ = true;
        spend(limbs > 4096 ? budget_.work + 1 : 80 + 6 * limbs * limbs);
        return !exhausted_;
    }
    /// Pays for `units` of work.
    bool spend(std::size_t units) {
        spent_ += units;
        if (spent_ > budget_.work) exhausted_ = true;
        return !exhausted_;
    }
    /// Marks the comparison as too expensive for another reason. Always false.
    bool give_up() {
        exhausted_ = true;
        return false;
    }
    bool exhausted() const { return exhausted_; }
    /// Forgets that one number was too large, so that a cheaper method may try. The work stays
    /// counted.
    void forgive() { exhausted_ = spent_ > budget_.work; }
    std::size_t spent() const { return spent_; }
    const MathsBudget& budget() const { return budget_; }

  private:
    MathsBudget budget_;
    std::size_t spent_ = 0;
    bool exhausted_ = false;
};

}  // namespace gppo
