// SPDX-License-Identifier: Apache-2.0
//
// The optimizer step of weights in fp32 or, with stochastic rounding and no copy in fp32, in bf16,
// with moments of any storage (train/moments.hpp), beside the weights or brought to them piece by
// piece from the host's memory. What becomes of a weight depends neither on the number of threads,
// nor on where the moments are kept, nor on how the buffer is shared out, if parts of it begin at
// multiples of 256.
#pragma once

#include <gppo/backend/mirror.hpp>
#include <gppo/backend/stored_view.hpp>
#include <gppo/train/adamw.hpp>
#include <gppo/train/moments.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <vector>

namespace gppo {

/// AdamW on a chunk, the moments as `M` and the weights as `W` keeps them.
template <Stored M, Stored W>
struct AdamWStoredChunk {
    AdamWStep step;
    RoundingNoise noise;
    View<const float> gradient;  // (n)
    M m, v;                      // (n)
    W weight;                    // (n)

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index first = n * optimizer_chunk,
                    count = math::min(optimizer_chunk, weight.size() - first);
        RoundingNoise own = noise;
        own.first += first;
        adamw_stored(team, step, own, gradient.slice(first, count), m.slice(first, count),
                     v.slice(first, count), weight.slice(first, count));
    }
};

/// AdamW on a block, moments in 8 bits.
template <Stored W>
struct AdamW8BitBlock {
    AdamWStep step;
    RoundingNoise noise;
    Index place;                 // of element 0 in the flat buffer: blocks end at multiples of 256
    View<const float> gradient;  // (n)
    View<std::int8_t> m;         // (n)
    View<std::uint8_t> v;        // (n)
    float *m_scale, *v_scale;    // (blocks)
    W weight;                    // (n)

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index before = place % moment_block;
        const Index first = math::max(n * moment_block - before, Index{0});
        const Index count = math::min((n + 1) * moment_block - before, weight.size()) - first;
        RoundingNoise own = noise;
        own.first += first;
        adamw_8bit(
            team, step, own, gradient.slice(first, count),
            Moments8Bit{m.slice(first, count), v.slice(first, count), m_scale + n, v_scale + n},
            weight.slice(first, count));
    }
};

/// Weights that are stepped as one: of neighbours that decay alike or, with blocks, of one tensor.
struct SteppedPiece {
    Index first = 0, count = 0;   // of the flat buffer
    Index block = 0, blocks = 0;  // of int8
    bool decays = true;
};

/// All of the buffer in pieces of at most `most` weights, a multiple of optimizer_chunk. Chunks and
/// blocks are the same whatever that is.
inline std::vector<SteppedPiece> stepped_pieces(const std::vector<TensorInfo>& tensors,
                                                const AdamWOptions& options, MomentStorage storage,
                                                Index most = Index{1} << 60) {
    const bool blocks = storage == MomentStorage::int8;
    std::vector<SteppedPiece> pieces;
    Index block = 0;
    for (std::size_t n = 0; n < tensors.size();) {
        const TensorInfo& begin = tensors[n];
        const bool decays = adamw_decays(begin, options);
        Index end;
        do end = tensors[n].offset + tensors[n].size();
        while (++n < tensors.size() && !blocks && adamw_decays(tensors[n], options) == decays);
        for (Index first = begin.offset; first < end;) {
            const Index phase = blocks ? first % moment_block : 0;
            const Index count = math::min(most - phase, end - first);
            const Index own = blocks ? (phase + count + moment_block - 1) / moment_block : 0;
            pieces.push_back({first, count, block, own, decays});
            first += count, block += own;
        }
    }
    return pieces;
}

/// What changes from one step to the next. It lies where the backend reads it, so that a step
/// starts the same work as the step before: a GPU keeps that as one graph.
struct AdamWNow {
    AdamWStep decayed, kept;  // of pieces that decay, and that do not
    std::uint64_t step = 0;   // of the noise
};

inline AdamWNow adamw_now(const AdamWOptions& options, Index step, float gradient_scale) {
    AdamWOptions still = options;
    still.weight_decay = 0.0f;
    return {adamw_constants(options, step, gradient_scale),
            adamw_constants(still, step, gradient_scale), static_cast<std::uint64_t>(step)};
}

/// A chunk or block with what it needs of this step.
template <class F>
struct AdamWAt {
    const AdamWNow* now;
    bool decays;
    F chunk;

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        F own = chunk;
        own.step = decays ? now->decayed : now->kept;
        if constexpr (requires { own.noise; }) own.noise.step = now->step;
        own(team, n);
    }
};

/// One piece of one step. `noise` is that of the piece's first weight.
template <Backend K, Stored W>
void step_piece(const K& backend, const SteppedPiece& piece, const AdamWNow* now,
                RoundingNoise noise, const MomentSpan& at, View<const float> gradient /* (n) */,
                W weight /* (n) */) {
    const Index n = piece.count;
    const auto start = [&](Index rows, auto chunk) {
        backend.for_rows(rows, AdamWAt<decltype(chunk)>{now, piece.decays, chunk});
    };
    const Index chunks = (n + optimizer_chunk - 1) / optimizer_chunk;
    const auto stored = [&]<class M>(M m, M v) {
        start(chunks, AdamWStoredChunk<M, W>{{}, noise, gradient, m, v, weight});
    };
    switch (at.storage) {
        case MomentStorage::fp32:
            if constexpr (std::same_as<W, StoredFp32>)  // nothing is rounded
                return start(
                    chunks,
                    AdamWChunk{{}, gradient, at.as<float>(0, n), at.as<float>(1, n), weight.at});
            else
                return stored(StoredFp32{at.as<float>(0, n)}, StoredFp32{at.as<float>(1, n)});
        case MomentStorage::bf16:
            return stored(StoredBf16{at.as<std::uint16_t>(0, n)},
                          StoredBf16{at.as<std::uint16_t>(1, n)});
        case MomentStorage::int8:
            return start(piece.blocks, AdamW8BitBlock<W>{{},
                                                         noise,
                                                         piece.first,
                                                         gradient,
                                                         at.as<std::int8_t>(0, n),
                                                         at.as<std::uint8_t>(1, n),
                                                         at.as<float>(2, piece.blocks).data,
                                                         at.as<float>(3, piece.blocks).data,
                                                         weight});
    }
}

/// The same of weights kept in either way, all of them; `noise` is that of the first.
template <Backend K>
void step_piece(const K& backend, const SteppedPiece& piece, const AdamWNow* now,
                RoundingNoise noise, const MomentSpan& at, View<const float> gradient /* (all) */,
                StoredView<float> weight /* (all) */) {
    noise.first += piece.first;
    const View<const float> own = gradient.slice(piece.first, piece.count);
    const StoredView<float> stepped = weight.slice(piece.first, piece.count);
    if (stepped.kept == Precision::bf16)
        step_piece(backend, piece, now, noise, at, own, StoredBf16{stepped.halves()});
    else
        step_piece(backend, piece, now, noise, at, own, StoredFp32{stepped.floats()});
}

/// One AdamW step of weights, gradients and moments of one length, the moments beside the weights.
/// `noise` is that of element 0; its step is `step`. `place` is where the backend reads what
/// changes: with the same one again, and all else where it was, a step is the same work again.
template <Backend K, class M>
void adamw_step(const K& backend, const std::vector<TensorInfo>& tensors, StoredView<float> weight,
                View<const float> gradient, Moments<M>& moments, const AdamWOptions& options,
                Index step, float gradient_scale, RoundingNoise noise, Mirror<K, AdamWNow>& place) {
    expects(gradient.size == weight.size && moments.size() == weight.size,
            "adamw: weights, gradients and moments must have one size");
    const AdamWNow here = adamw_now(options, step, gradient_scale);
    const AdamWNow* const now = place.read({&here, 1}).data;
    const auto pieces = [&] {
        for (const SteppedPiece& p : stepped_pieces(tensors, options, moments.storage()))
            step_piece(backend, p, now, noise, moments.span(p.first, p.block), gradient, weight);
    };
    if constexpr (requires { backend.repeat(&place, weight.size, Index{}, pieces); })
        backend.repeat(&place, weight.size, Index{}, pieces);
    else
        pieces();
}
template <Backend K, class M>
void adamw_step(const K& backend, const std::vector<TensorInfo>& tensors, StoredView<float> weight,
                View<const float> gradient, Moments<M>& moments, const AdamWOptions& options,
                Index step, float gradient_scale, RoundingNoise noise) {
    Mirror<K, AdamWNow> place(backend);
    adamw_step(backend, tensors, weight, gradient, moments, options, step, gradient_scale, noise,
               place);
}

/// Weights whose moments are brought to the backend at a time.
inline constexpr Index streamed_weights = Index{1} << 24;

/// The moments in the host's memory; `room` is what is brought at a time.
template <Backend K>
void adamw_step(const K& backend, const std::vector<TensorInfo>& tensors, StoredView<float> weight,
                View<const float> gradient, Moments<>& moments, Moments<K>& room,
                const AdamWOptions& options, Index step, float gradient_scale, RoundingNoise noise,
                Index most = streamed_weights) {
    expects(gradient.size == weight.size && moments.size() == weight.size,
            "adamw: weights, gradients and moments must have one size");
    const AdamWNow here = adamw_now(options, step, gradient_scale);
    Mirror<K, AdamWNow> place(backend);
    const AdamWNow* const now = place.read({&here, 1}).data;
    const auto pieces = stepped_pieces(tensors, options, moments.storage(), most);
    Index weights = 0, blocks = 0;
    for (const SteppedPiece& p : pieces)
        weights = math::max(weights, p.count), blocks = math::max(blocks, p.blocks);
    room.reset(weights, blocks);
    for (const SteppedPiece& p : pieces) {
        const MomentSpan home = moments.span(p.first, p.block), there = room.span();
        const Index numbers = p.count * moment_width(moments.storage()), scales = 4 * p.blocks;
        const std::array<Index, moment_parts> size{numbers, numbers, scales, scales};
        for (std::size_t i = 0; i < moment_parts; ++i)
            if (size[i] > 0)
                backend.template upload<char>(home.as<const char>(i, size[i]),
                                              there.as<char>(i, size[i]));
        step_piece(backend, p, now, noise, there, gradient, weight);
        for (std::size_t i = 0; i < moment_parts; ++i)
            if (size[i] > 0)
                backend.template download<char>(there.as<const char>(i, size[i]),
                                                home.as<char>(i, size[i]));
    }
    room.clear();
}

}  // namespace gppo
