// Elementary functions on packs of doubles or floats, written for this benchmark: straight-line code, no tables, no
// library calls, IEEE arithmetic (contraction to fused multiply-add allowed, nothing else). GCC's vector extensions
// turn each operation into one instruction of the widest unit at hand.
#pragma once
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
constexpr int BYTES = 64;
#elif defined(__AVX2__)
constexpr int BYTES = 32;
#else
constexpr int BYTES = 16;
#endif
constexpr int WORDS = BYTES / 8;  // 64-bit words in a register: also the lanes of one Philox evaluation

using Words = std::uint64_t __attribute__((vector_size(BYTES)));
using Integers = std::int64_t __attribute__((vector_size(BYTES)));
using Doubles = double __attribute__((vector_size(BYTES)));
using Floats = float __attribute__((vector_size(BYTES / 2)));  // as many lanes as Doubles: noise is made in doubles
using Halves = std::int32_t __attribute__((vector_size(BYTES / 2)));

#define INLINE static inline __attribute__((always_inline))

template <typename T> struct Pack;
template <> struct Pack<double> {
    using Values = Doubles;
    using Bits = Integers;
    static constexpr int mantissa = 52;
    static constexpr std::int64_t one = 0x3FF0000000000000, root_half = 0x3FE6A09E667F3BCD, magic = 0x553EF0FF289DD796;
};
template <> struct Pack<float> {
    using Values = Floats;
    using Bits = Halves;
    static constexpr int mantissa = 23;
    static constexpr std::int32_t one = 0x3F800000, root_half = 0x3F3504F3, magic = 0x54A21D2A;
};
template <typename T> using Values = typename Pack<T>::Values;
template <typename T> using Bits = typename Pack<T>::Bits;

template <typename T> INLINE Values<T> all(T x) { return Values<T>{} + x; }
template <typename T> INLINE Bits<T> bits(Values<T> x) { return (Bits<T>)x; }
template <typename T> INLINE Values<T> from_bits(Bits<T> x) { return (Values<T>)x; }
template <typename T> INLINE Values<T> magnitude(Values<T> x) {
    return from_bits<T>(bits<T>(x) & ~bits<T>(all<T>(-0.0)));
}
template <typename T> INLINE Values<T> with_sign(Values<T> size, Values<T> sign) {
    return from_bits<T>(bits<T>(size) | (bits<T>(sign) & bits<T>(all<T>(-0.0))));
}
template <typename T> INLINE Values<T> larger(Values<T> x, Values<T> y) { return x > y ? x : y; }
template <typename T> INLINE Values<T> smaller(Values<T> x, Values<T> y) { return x < y ? x : y; }

INLINE Doubles square_root(Doubles x) {
#if defined(__AVX512F__)
    return (Doubles)_mm512_sqrt_pd((__m512d)x);
#elif defined(__AVX2__)
    return (Doubles)_mm256_sqrt_pd((__m256d)x);
#else
    for (int i = 0; i < WORDS; ++i) x[i] = __builtin_sqrt(x[i]);
    return x;
#endif
}
INLINE Floats square_root(Floats x) {
#if defined(__AVX512F__)
    return (Floats)_mm256_sqrt_ps((__m256)x);
#elif defined(__AVX2__)
    return (Floats)_mm_sqrt_ps((__m128)x);
#else
    for (int i = 0; i < WORDS; ++i) x[i] = __builtin_sqrtf(x[i]);
    return x;
#endif
}

// The product of the lower halves of 64-bit words.
INLINE Words product(Words x, std::uint64_t y) {
#if defined(__AVX512F__)
    return (Words)_mm512_mul_epu32((__m512i)x, _mm512_set1_epi64(y));
#elif defined(__AVX2__)
    return (Words)_mm256_mul_epu32((__m256i)x, _mm256_set1_epi64x(y));
#else
    return (x & 0xFFFFFFFF) * y;
#endif
}

// x rounded to an integer, for |x| < 2^20 or so, by the carry out of the mantissa; `count` has it in its lowest bits.
template <typename T> INLINE Values<T> nearest(Values<T> x, Bits<T>& count) {
    constexpr T carry = sizeof(T) == 8 ? T(6755399441055744.0) : T(12582912.0);
    Values<T> shifted = x + carry;
    count = bits<T>(shifted);
    return shifted - carry;
}

// Horner's rule, highest coefficient first.
template <typename T, typename... Rest> INLINE Values<T> polynomial(Values<T> x, double first, Rest... rest) {
    Values<T> sum = all<T>(T(first));
    ((sum = sum * x + T(rest)), ...);
    return sum;
}

// log x for normal x > 0: x = 2^e m, m in [sqrt 1/2, sqrt 2), and log m = 2 artanh(f/(2+f)), f = m - 1.
template <typename T> INLINE Values<T> logarithm(Values<T> x) {
    using P = Pack<T>;
    Bits<T> e = (bits<T>(x) - P::root_half) >> P::mantissa;
    Values<T> f = from_bits<T>(bits<T>(x) - (e << P::mantissa)) - T(1);
    Values<T> s = f / (f + T(2)), s2 = s * s, k = __builtin_convertvector(e, Values<T>), series;
    if constexpr (sizeof(T) == 8)
        series = s2 * polynomial<T>(s2, 1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
                                    2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
                                    6.666666666666735130e-01);
    else
        series = s2 * polynomial<T>(s2, 0.24279078841, 0.28498786688, 0.40000972152, 0.66666662693);
    Values<T> half = T(0.5) * f * f;
    constexpr T high = sizeof(T) == 8 ? T(6.93147180369123816490e-01) : T(6.9313812256e-01);
    constexpr T low = sizeof(T) == 8 ? T(1.90821492927058770002e-10) : T(9.0580006145e-06);
    return k * high - ((half - (s * (half + series) + k * low)) - f);
}

// cos 2πu and sin 2πu for u in [0, 1].
template <typename T> INLINE void cosine_sine(Values<T> u, Values<T>& cosine, Values<T>& sine) {
    Bits<T> quadrant;
    Values<T> turn = nearest<T>(u * T(4), quadrant), x = (u - turn * T(0.25)) * T(6.283185307179586477), x2 = x * x, s, c;
    if constexpr (sizeof(T) == 8) {
        s = polynomial<T>(x2, 1.58969099521155010221e-10, -2.50507602534068634195e-08, 2.75573137070700676789e-06,
                          -1.98412698298579493134e-04, 8.33333333332248946124e-03, -1.66666666666666324348e-01);
        c = polynomial<T>(x2, -1.13596475577881948265e-11, 2.08757232129817482790e-09, -2.75573143513906633035e-07,
                          2.48015872894767294178e-05, -1.38888888888741095749e-03, 4.16666666666666019037e-02);
    } else {
        s = polynomial<T>(x2, 2.718311493989822e-6, -1.983992953e-4, 8.33332938588946e-3, -1.6666666641626524e-1);
        c = polynomial<T>(x2, 2.43904487961645e-5, -1.3886763774609929e-3, 4.16666233237390631894e-2);
    }
    s = x + x * x2 * s;
    c = T(1) - (x2 * T(0.5) - x2 * x2 * c);
    constexpr int top = sizeof(T) * 8 - 2;
    Bits<T> odd = -(quadrant & 1);
    Values<T> first = from_bits<T>((bits<T>(s) & odd) | (bits<T>(c) & ~odd));
    Values<T> second = from_bits<T>((bits<T>(c) & odd) | (bits<T>(s) & ~odd));
    cosine = from_bits<T>(bits<T>(first) ^ (((quadrant + 1) & 2) << top));
    sine = from_bits<T>(bits<T>(second) ^ ((quadrant & 2) << top));
}

// tanh x = w/(w + 2), w = exp(2|x|) - 1 without cancellation, with the sign of x.
template <typename T> INLINE Values<T> hyperbolic_tangent(Values<T> x) {
    using P = Pack<T>;
    Values<T> y = smaller<T>(magnitude<T>(x) * T(2), all<T>(T(40)));
    Bits<T> count;
    Values<T> k = nearest<T>(y * T(1.4426950408889634074), count), p;
    Values<T> r = y - k * T(sizeof(T) == 8 ? 6.93147180369123816490e-01 : 6.9313812256e-01);
    r = r - k * T(sizeof(T) == 8 ? 1.90821492927058770002e-10 : 9.0580006145e-06);
    if constexpr (sizeof(T) == 8)
        p = polynomial<T>(r, 1 / 6227020800., 1 / 479001600., 1 / 39916800., 1 / 3628800., 1 / 362880., 1 / 40320.,
                          1 / 5040., 1 / 720., 1 / 120., 1 / 24., 1 / 6., 1 / 2.);
    else
        p = polynomial<T>(r, 1 / 5040., 1 / 720., 1 / 120., 1 / 24., 1 / 6., 1 / 2.);
    p = r + r * r * p;
    Values<T> power = from_bits<T>((count << P::mantissa) + P::one);
    Values<T> w = power * p + (power - T(1));
    return with_sign<T>(w / (w + T(2)), x);
}

// x^(2/3) for x >= 0 as x·x^(-1/3): a guess from the exponent, then two steps of the series of (1 - e)^(-1/3).
template <typename T> INLINE Values<T> power_two_thirds(Values<T> x) {
    Values<T> exponent = __builtin_convertvector(bits<T>(x), Values<T>);
    Values<T> guess = from_bits<T>(__builtin_convertvector(T(Pack<T>::magic) - exponent * T(1. / 3), Bits<T>));
    Values<T> e = T(1) - x * guess * guess * guess;
    guess = guess + guess * e * polynomial<T>(e, 35. / 243, 14. / 81, 2. / 9, 1. / 3);
    e = T(1) - x * guess * guess * guess;
    return x * (guess + guess * e * polynomial<T>(e, 2. / 9, 1. / 3));
}
