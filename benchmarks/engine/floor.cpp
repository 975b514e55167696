// What one core can do: ADOPT (Algorithm 2, no clipping) on three problems, hand-written, sharing no code with the
// engine. The random stream is the engine's (Philox 4x32-10, counter (run, coordinate, step / 2, 0), key = seed), so
// that the sums can be compared with the reference tier's; the elementary functions are this benchmark's own.
//
// Runs go through in blocks whose state stays in the first-level cache; the noise of two steps is made together.
#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "vector_math.hpp"

struct Setting {
    double alpha, beta1, beta2, eps, start;  // start: every coordinate of θ_0
    double scale;                            // the toy's k; unused by the others
};
enum Problem { LOG_COSH_NORMAL, LOG_COSH_SIGNS, TOY };
constexpr int SUMS = 4;          // of the two quantities and of their squares
constexpr int REGISTERS = 16;    // per block at most: 128 runs in float64
constexpr int TOGETHER = 4;      // registers whose random words are made side by side
constexpr int COORDINATES = 160; // registers × coordinates per block at most, for the first-level cache

template <typename T> struct Lane { Values<T> theta, momentum, second_moment; };

// The four words of TOGETHER registers of runs: a round is one chain of dependent operations, too long for a processor to
// see the next register's behind it, so the chains go side by side.
INLINE void philox(Words (&c)[TOGETHER][4], std::uint64_t k0, std::uint64_t k1) {
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
        Words p0[TOGETHER], p1[TOGETHER];
        // Only the lower halves of the words count; what stands above them is never read.
        for (int k = 0; k < TOGETHER; ++k) p0[k] = product(c[k][0], 0xD2511F53), p1[k] = product(c[k][2], 0xCD9E8D57);
        for (int k = 0; k < TOGETHER; ++k) c[k][0] = (p1[k] >> 32) ^ c[k][1] ^ k0, c[k][1] = p1[k];
        for (int k = 0; k < TOGETHER; ++k) c[k][2] = (p0[k] >> 32) ^ c[k][3] ^ k1, c[k][3] = p0[k];
        k0 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, k1 = (k1 + 0xBB67AE85) & 0xFFFFFFFF;
    }
}

// (j + 1/2) 2^-52, j the upper 52 bits of high·2^32 + low: written as the mantissa of a number in [1, 2).
INLINE Doubles uniform(Words low, Words high) {
    Words j = ((high << 20) | ((low & 0xFFFFFFFF) >> 12)) & 0x000FFFFFFFFFFFFF;
    return (Doubles)(j | 0x3FF0000000000000) - (1 - 0x1p-53);
}

// The variates of an even step and of the odd step after it, from one run's four words.
template <Problem P, typename T>
INLINE void variates(const Words (&c)[4], const Setting& p, Values<T>& even, Values<T>& odd) {
    Doubles first = uniform(c[0], c[1]), second = uniform(c[2], c[3]);
    if constexpr (P == LOG_COSH_NORMAL) {
        Values<T> u = __builtin_convertvector(first, Values<T>), w = __builtin_convertvector(second, Values<T>), c, s;
        Values<T> radius = square_root(logarithm<T>(u) * T(-2));
        cosine_sine<T>(w, c, s);
        even = radius * c, odd = radius * s;
    } else {
        Doubles high, low, border;
        if constexpr (P == TOY)
            high = Doubles{} + p.scale * p.scale, low = Doubles{} - p.scale, border = Doubles{} + 1 / p.scale;
        else
            high = Doubles{} + 1, low = Doubles{} - 1, border = Doubles{} + 0.5;
        even = __builtin_convertvector(first < border ? high : low, Values<T>);
        odd = __builtin_convertvector(second < border ? high : low, Values<T>);
    }
}

template <Problem P, typename T>
INLINE void update(Lane<T>& lane, Values<T> gradient, const Setting& p) {
    Values<T> s = larger<T>(square_root(lane.second_moment), all<T>(T(p.eps)));
    lane.momentum = lane.momentum * T(p.beta1) + (gradient / s) * T(1 - p.beta1);
    lane.second_moment = lane.second_moment * T(p.beta2) + gradient * gradient * T(1 - p.beta2);
    lane.theta = lane.theta - lane.momentum * T(p.alpha);
    if constexpr (P == TOY) lane.theta = smaller<T>(larger<T>(lane.theta, all<T>(T(-1))), all<T>(T(1)));
}

// One step t >= 1 of one coordinate; adds to ‖∇f(θ_{t-1})‖², or for the toy to f(θ_{t-1}) - f_inf = θ + 1.
template <Problem P, typename T>
INLINE void move(Lane<T>& lane, Values<T> variate, const Setting& p, Values<T>& measured) {
    if constexpr (P == TOY) {
        measured = measured + (lane.theta + T(1));
        update<P, T>(lane, variate, p);
    } else {
        Values<T> slope = hyperbolic_tangent<T>(lane.theta);
        measured = measured + slope * slope;
        update<P, T>(lane, slope + variate, p);
    }
}

// Adds what was measured of one register of runs to the sums of its step; the toy's second quantity is not counted.
template <Problem P, typename T>
INLINE void count(Values<T> measured, Values<T> inside, Doubles* sums) {
    Values<T> x = from_bits<T>(bits<T>(measured) & (Bits<T>)inside);
    Doubles first = __builtin_convertvector(x, Doubles);
    sums[0] = sums[0] + first, sums[1] = sums[1] + first * first;
    if constexpr (P != TOY) {
        Doubles second = __builtin_convertvector(power_two_thirds<T>(x), Doubles);
        sums[2] = sums[2] + second, sums[3] = sums[3] + second * second;
    }
}

INLINE void flush(const Doubles* sums, double* out) {
    for (int k = 0; k < SUMS; ++k)
        for (int i = 0; i < WORDS; ++i) out[k] += sums[k][i];
}

// The runs [first, last), all steps 0..steps; out is [steps][SUMS].
template <Problem P, typename T>
void simulate(std::int64_t first, std::int64_t last, std::int64_t D, std::int64_t steps, std::uint64_t seed,
              const Setting p, double* out) {
    const int registers = std::max<int>(TOGETHER, std::min<int>(REGISTERS, COORDINATES / D / TOGETHER * TOGETHER));
    std::vector<Lane<T>> state(registers * D);
    Words counting;
    for (int i = 0; i < WORDS; ++i) counting[i] = i;
    for (std::int64_t block = first; block < last; block += registers * WORDS) {
        for (auto& lane : state) lane.theta = all<T>(T(p.start)), lane.momentum = lane.second_moment = all<T>(T(0));
        for (std::int64_t pair = 0; 2 * pair <= steps; ++pair) {
            Doubles sums[2][SUMS] = {};
            for (int r = 0; r < registers; r += TOGETHER) {
                Values<T> even[TOGETHER] = {}, odd[TOGETHER] = {}, at_even, at_odd;
                Words run[TOGETHER];
                for (int k = 0; k < TOGETHER; ++k) run[k] = counting + (std::uint64_t)(block + (r + k) * WORDS);
                for (std::int64_t i = 0; i < D; ++i) {
                    Words words[TOGETHER][4];
                    for (int k = 0; k < TOGETHER; ++k)
                        words[k][0] = run[k], words[k][1] = Words{} + (std::uint64_t)i,
                        words[k][2] = Words{} + (std::uint64_t)pair, words[k][3] = Words{};
                    philox(words, seed & 0xFFFFFFFF, seed >> 32);
                    for (int k = 0; k < TOGETHER; ++k) {
                        Lane<T> lane = state[(r + k) * D + i];
                        variates<P, T>(words[k], p, at_even, at_odd);
                        if (pair == 0) {
                            Values<T> g = P == TOY ? at_even : hyperbolic_tangent<T>(lane.theta) + at_even;
                            lane.second_moment = g * g;
                        } else
                            move<P, T>(lane, at_even, p, even[k]);
                        move<P, T>(lane, at_odd, p, odd[k]);
                        state[(r + k) * D + i] = lane;
                    }
                }
                for (int k = 0; k < TOGETHER; ++k) {
                    Values<T> inside = (Values<T>)__builtin_convertvector((Integers)run[k] < last, Bits<T>);
                    count<P, T>(even[k], inside, sums[0]), count<P, T>(odd[k], inside, sums[1]);
                }
            }
            if (pair > 0) flush(sums[0], out + (2 * pair - 1) * SUMS);
            if (2 * pair < steps) flush(sums[1], out + 2 * pair * SUMS);
        }
    }
}

template <typename T> auto simulation(int problem) {
    return problem == LOG_COSH_NORMAL  ? simulate<LOG_COSH_NORMAL, T>
           : problem == LOG_COSH_SIGNS ? simulate<LOG_COSH_SIGNS, T>
                                       : simulate<TOY, T>;
}

// Sums over runs for the steps 1..steps, out[steps][4] set to zero by the caller. `single`: float32 arithmetic.
extern "C" void floor_simulate(int problem, int single, std::int64_t runs, std::int64_t D, std::int64_t steps,
                               int threads, std::uint64_t seed, const Setting* setting, double* out) {
    const auto run = single ? simulation<float>(problem) : simulation<double>(problem);
    const std::int64_t block = REGISTERS * WORDS, blocks = (runs + block - 1) / block;
    std::vector<std::vector<double>> parts(threads - 1, std::vector<double>(steps * SUMS));
    std::vector<std::thread> others;
    const auto edge = [&](int k) { return std::min(runs, blocks * k / threads * block); };
    for (int k = 1; k < threads; ++k)
        others.emplace_back(run, edge(k), edge(k + 1), D, steps, seed, *setting, parts[k - 1].data());
    run(0, edge(1), D, steps, seed, *setting, out);
    for (int k = 1; k < threads; ++k) {
        others[k - 1].join();
        for (std::int64_t i = 0; i < steps * SUMS; ++i) out[i] += parts[k - 1][i];
    }
}
