// SPDX-License-Identifier: Apache-2.0
//
// evaluate() on the device: the pass of gppo/evaluate.hpp with a block of threads a row. Two
// kernels, whatever the objective; the second adds up what the rows found, in one order.
#pragma once

#include <gppo/backend/bound_part.hpp>
#include <gppo/backend/cuda/cuda_batch.hpp>
#include <gppo/evaluate.hpp>
#include <gppo/team_diagnostics.hpp>
#include <gppo/token_objective.hpp>

#include <concepts>
#include <vector>

namespace gppo {

/// Rows of the pass: enough for every multiprocessor of any GPU to take a new one when it has
/// finished one. A constant, so that no sum depends on the GPU.
inline constexpr Index cuda_rows = 4096;

/// Tokens that a block of threads goes through at once: what diagnostics read again is still in the
/// first-level cache.
inline constexpr Index cuda_stretch = 4096;

/// One row of the pass. Every thread has the same sums, one of them writes. D: NoDiagnostics, or
/// TeamDiagnostics of the first row.
template <class O, std::floating_point T, class D>
struct ObjectiveRow {
    O objective;
    Batch<T> batch;
    Index tokens, rows;
    bool per_sequence;
    View<T> dlogp, dentropy;
    Loss* results;  // (rows)
    D diagnostics;

    __device__ void operator()(BlockTeam team, Index row) const {
        constexpr bool one_advantage = traits_of<typename PartsOf<O>::Policy>().one_advantage;
        RowResult<D> result{{}, diagnostics};
        if constexpr (std::same_as<D, TeamDiagnostics>) result.diagnostics.out += row;
        const Index end = begin_of(row + 1);
        for (Index first = begin_of(row); first < end; first += cuda_stretch) {
            const Index last = math::min(first + cuda_stretch, end);
            if (one_advantage || per_sequence)
                run_stretch<PerSequence>(team, objective, batch, dlogp, dentropy, first, last,
                                         result);
            else if constexpr (!one_advantage)
                run_stretch<PerToken>(team, objective, batch, dlogp, dentropy, first, last, result);
        }
        if (threadIdx.x == 0) results[row] = result.loss;
    }

  private:
    /// At whole cache lines.
    __device__ Index begin_of(Index row) const {
        return row == rows ? tokens : row * tokens / rows / 32 * 32;
    }
};

/// The rows' losses added up into the first.
struct AddLosses {
    Loss* results;  // (rows)
    Index rows;

    __device__ void operator()(BlockTeam team, Index) const {
        Loss mine;
        for (Index i = threadIdx.x; i < rows; i += BlockTeam::width) mine.add(results[i]);
        const auto total = [team](double of_thread) {
            return team.sum(BlockTeam::width, [=](Index) { return of_thread; });
        };
        Loss loss;
        loss.value = total(mine.value), loss.pg = total(mine.pg), loss.kl = total(mine.kl);
        loss.entropy = total(mine.entropy), loss.positive = total(mine.positive);
        if (total(static_cast<double>(mine.non_finite.count)) >
            0.0)  // the first is the first row's
            for (Index i = 0; i < rows; ++i) loss.non_finite.add(results[i].non_finite);
        __syncthreads();  // all have read
        if (threadIdx.x == 0) results[0] = loss;
    }
};

/// Memory that a pass needs; keep it from one pass to the next.
class CudaPass {
  public:
    explicit CudaPass(const Cuda& cuda)
        : cuda_(&cuda),
          results_(cuda.allocate<Loss>(cuda_rows)),
          policies_(cuda),
          corrections_(cuda) {}

    /// Starts the pass: overwrites dlogp, and dentropy where it is not empty. Both are on the
    /// device. Throws before that where the batch lacks what the objective needs. A policy or
    /// correction that looks at its sequence or at all tokens is bound first, which waits for the
    /// device.
    template <class E, class C, class A, class K, class R, std::floating_point T,
              class D = NoDiagnostics>
    void start(const Objective<E, C, A, K, R>& objective, const CudaBatch<T>& batch,
               View<T> dlogp /*(T)*/, View<T> dentropy = {} /*(T) or empty*/, D diagnostics = {}) {
        const Batch<T> seen = batch.sequences_here();
        expects_buffers(objective, seen, batch.tokens(), dlogp, dentropy);
        const View<const Index> offsets = batch.view().offsets;
        run(parts(policies_(objective.clip, seen, offsets), objective,
                  corrections_(objective.correction, seen, offsets)),
            batch, dlogp, dentropy, diagnostics);
    }
    /// The same, and counts for diagnostics().
    template <class E, class C, class A, class K, class R, std::floating_point T>
    void start_diagnosed(const Objective<E, C, A, K, R>& objective, const CudaBatch<T>& batch,
                         View<T> dlogp /*(T)*/, View<T> dentropy = {} /*(T) or empty*/) {
        counted_ = cuda_->allocate<DiagnosticSums>(cuda_rows);  // zeros
        start(objective, batch, dlogp, dentropy,
              TeamDiagnostics{counted_.data(), region_of(objective.clip)});
    }

    /// Waits, and returns the loss of the last pass.
    Loss loss() const {
        Loss loss;
        cuda_->download<Loss>(results_.view().slice(0, 1), View<Loss>(&loss, 1));
        return loss;
    }

    /// Waits, and returns what the last start_diagnosed() saw: its rows' counts, added in order.
    Diagnostics diagnostics() const {
        std::vector<DiagnosticSums> rows(static_cast<std::size_t>(counted_.size()));
        cuda_->download<DiagnosticSums>(counted_.view(), View<DiagnosticSums>(rows));
        Diagnostics all;
        for (const DiagnosticSums& row : rows) all.add(row.diagnostics());
        return all;
    }

  private:
    template <class C, class E, class P, class A, class K, class S, class R>
    static TokenObjective<C, K, R> parts(const C& clip, const Objective<E, P, A, K, S>& o,
                                         const R& correction) {
        return {clip, o.kl, o.entropy, o.positives, correction};
    }

    template <class O, std::floating_point T, class D>
    void run(const O& objective, const CudaBatch<T>& batch, View<T> dlogp, View<T> dentropy,
             const D& diagnostics) {
        static_assert(std::is_trivially_copyable_v<O>);
        const Index tokens = batch.tokens();
        const Index rows = math::min((tokens + block_tokens - 1) / block_tokens, cuda_rows);
        const bool per_sequence = batch.view().advantage.size == batch.sequences();
        cuda_->for_rows(
            rows, ObjectiveRow<O, T, D>{objective, batch.view(), tokens, rows, per_sequence, dlogp,
                                        dentropy, results_.data(), diagnostics});
        cuda_->for_rows(1, AddLosses{results_.data(), rows});
    }

    const Cuda* cuda_;
    CudaBuffer<Loss> results_;
    CudaBuffer<DiagnosticSums> counted_;
    BoundPart<Cuda> policies_, corrections_;
};

/// The loss of a prepared batch, as gppo::evaluate on the CPU. Waits for it.
template <class E, class C, class A, class K, class R, std::floating_point T>
Loss evaluate(const Cuda& cuda, const Objective<E, C, A, K, R>& objective,
              const CudaBatch<T>& batch, std::type_identity_t<View<T>> dlogp /*(T)*/,
              std::type_identity_t<View<T>> dentropy = {} /*(T) or empty*/) {
    CudaPass pass(cuda);
    pass.start(objective, batch, dlogp, dentropy);
    return pass.loss();
}

/// The same, and adds what it saw to `diagnostics`.
template <class E, class C, class A, class K, class R, std::floating_point T>
Loss evaluate(const Cuda& cuda, const Objective<E, C, A, K, R>& objective,
              const CudaBatch<T>& batch, std::type_identity_t<View<T>> dlogp /*(T)*/,
              std::type_identity_t<View<T>> dentropy /*(T) or empty*/, Diagnostics& diagnostics) {
    CudaPass pass(cuda);
    pass.start_diagnosed(objective, batch, dlogp, dentropy);
    diagnostics.add(pass.diagnostics());
    return pass.loss();
}

}  // namespace gppo
