/* The update rules of optim/core.py as loops over elements, one pass over memory.
 *
 * Same formulas in the same order, every operation rounded once (compile with -ffp-contract=off and without
 * -ffast-math), so float32 and float64 results equal core's bit for bit. NaN passes through every comparison below
 * because each is written so that it is false for NaN.
 *
 * The file includes itself once per element type: STORED is the parameters' type, WORK the type of state and
 * arithmetic. Bare names (theta, m, v) are the paper's. */
#ifndef WORK

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ADOPT, ADAM, AMSGRAD, RMSPROP, ADAGRAD, ADAMAX, SGD_MOMENTUM, SGD };
enum { MAX, SUM, INSIDE };
enum { L2 = 1, MAXIMIZE = 2, DECOUPLED = 4, NOT_DECORRELATED = 8, NORMALIZE_LAST = 16, ALGORITHM_1 = 32, CORRECT = 64 };

typedef struct {
    int64_t method, form, flags, threads;
    double lr, beta1, beta2, eps, weight_decay, clip_scale, clip_exponent; /* clip_scale = inf: unclipped */
} Settings;

typedef struct { /* one parameter; addresses as integers, state[] in the order core names it */
    int64_t type, size, theta, gradient, state[3], step;
} Slot;

typedef void (*Run)(const Settings *, const Slot *, int64_t, int64_t);

#define WORK float
#define STORED float
#define ROOT sqrtf
#define LOAD(x) (x)
#define STORE(x) (x)
#define NAME(x) x##_float32
#include "fused.c"

#define WORK double
#define STORED double
#define ROOT sqrt
#define LOAD(x) (x)
#define STORE(x) (x)
#define NAME(x) x##_float64
#include "fused.c"

static inline float load_bfloat16(uint16_t x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static inline uint16_t store_bfloat16(float value) { /* to nearest, ties to even */
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    return value == value ? (uint16_t)rounded : 0x7fc0;
}

#define WORK float
#define STORED uint16_t
#define ROOT sqrtf
#define LOAD load_bfloat16
#define STORE store_bfloat16
#define NAME(x) x##_bfloat16
#include "fused.c"

#ifdef __FLT16_MANT_DIG__
#define WORK float
#define STORED _Float16
#define ROOT sqrtf
#define LOAD (float)
#define STORE (_Float16)
#define NAME(x) x##_float16
#include "fused.c"
#endif

static const Run RUNS[] = {run_float32, run_float64, run_bfloat16,
#ifdef __FLT16_MANT_DIG__
                           run_float16
#endif
};

/* A job: batches of parameters that one step moves. With OpenMP the threads are torch's own, which still spin after
 * the backward pass: others would have to share the cores with them. Without, threads are started here, and already
 * work on the first batches while the caller adds more. */
enum { BATCHES = 64, THREADS = 256, LEAST = 65536, MOST = 262144, WORTH_A_THREAD = 131072 };

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    const Settings *settings;
    struct {
        const Slot *slots;
        int64_t count;
    } batch[BATCHES];
    int64_t batches, elements, threads, closed;
    int64_t at_batch, at_slot, at_element; /* the first element that no thread has taken */
    pthread_t ids[THREADS];
} Job;

/* The next untaken piece of a parameter; 0 if there is none. The caller holds the lock. Pieces are long, because the
 * processor finds the pace of four arrays anew in each, and a few for each thread. */
static int take(Job *job, const Slot **slot, int64_t *from, int64_t *to) {
    int64_t share = job->elements / (4 * (job->settings->threads > 0 ? job->settings->threads : 1));
    int64_t piece = share < LEAST ? LEAST : share > MOST ? MOST : share;
    for (; job->at_batch < job->batches; job->at_batch++, job->at_slot = 0) {
        for (; job->at_slot < job->batch[job->at_batch].count; job->at_slot++, job->at_element = 0) {
            *slot = &job->batch[job->at_batch].slots[job->at_slot];
            *from = job->at_element;
            if (*from < (*slot)->size) {
                *to = job->at_element = *from + piece < (*slot)->size ? *from + piece : (*slot)->size;
                return 1;
            }
        }
    }
    return 0;
}

static void *work(void *argument) {
    Job *job = argument;
    const Slot *slot;
    int64_t from, to;
    pthread_mutex_lock(&job->lock);
    for (;;) {
        if (take(job, &slot, &from, &to)) {
            pthread_mutex_unlock(&job->lock);
            RUNS[slot->type](job->settings, slot, from, to);
            pthread_mutex_lock(&job->lock);
        } else if (job->closed) {
            break;
        } else {
            pthread_cond_wait(&job->more, &job->lock);
        }
    }
    pthread_mutex_unlock(&job->lock);
    return NULL;
}

/* Whether the element type was compiled in: not every compiler has _Float16. */
int optim_has(int64_t type) { return type >= 0 && type < (int64_t)(sizeof RUNS / sizeof *RUNS); }

/* A new job, or NULL without memory. `settings` must live until optim_finish. */
Job *optim_begin(const Settings *settings) {
    Job *job = calloc(1, sizeof *job);
    if (job) {
        pthread_mutex_init(&job->lock, NULL);
        pthread_cond_init(&job->more, NULL);
        job->settings = settings;
    }
    return job;
}

/* Add a batch, whose slots must live until optim_finish, and start as many threads as all the batches are worth, the
 * caller's own not counted. Returns how many more batches may be added. */
int64_t optim_add(Job *job, const Slot *slots, int64_t count) {
    pthread_mutex_lock(&job->lock);
    for (int64_t i = 0; i < count; i++) job->elements += slots[i].size;
    job->batch[job->batches].slots = slots;
    job->batch[job->batches++].count = count;
    pthread_cond_broadcast(&job->more);
    pthread_mutex_unlock(&job->lock);
#ifndef _OPENMP
    int64_t wanted = job->elements / WORTH_A_THREAD < job->settings->threads ? job->elements / WORTH_A_THREAD
                                                                            : job->settings->threads;
    while (job->threads < wanted - 1 && job->threads < THREADS) {
        if (pthread_create(&job->ids[job->threads], NULL, work, job)) break;
        job->threads++;
    }
#endif
    return BATCHES - job->batches;
}

/* Take part until all batches are done, add 1 to every step counter, and free the job. */
void optim_finish(Job *job) {
    pthread_mutex_lock(&job->lock);
    job->closed = 1;
    pthread_cond_broadcast(&job->more);
    pthread_mutex_unlock(&job->lock);
#ifdef _OPENMP
    int64_t wanted = job->elements / WORTH_A_THREAD;
    int team = wanted < job->settings->threads ? wanted : job->settings->threads;
#pragma omp parallel num_threads(team) if (team > 1)
#endif
    work(job);
    for (int64_t k = 0; k < job->threads; k++) pthread_join(job->ids[k], NULL);
    for (int64_t b = 0; b < job->batches; b++)
        for (int64_t i = 0; i < job->batch[b].count; i++) *(float *)job->batch[b].slots[i].step += 1;
    pthread_cond_destroy(&job->more);
    pthread_mutex_destroy(&job->lock);
    free(job);
}

#else /* the loops, for one STORED and WORK */

#define GRADIENT                                                                                                       \
    WORK p = LOAD(theta[i]), g = LOAD(gradient[i]);                                                                    \
    g = negate ? -g : g;                                                                                               \
    g = penalty ? g + p * l2 : g;
#define DENOMINATOR(v)                                                                                                 \
    WORK root = ROOT(inside ? (v) + eps2 : (v));                                                                       \
    WORK s = sum ? root + eps : max && root < eps ? eps : root;
#define MOVE(direction) theta[i] = STORE(p * shrink - (direction)*lr)
#define EACH for (int64_t i = from; i < to; i++)
#define UNPACK                                                                                                         \
    STORED *restrict theta = (STORED *)slot->theta;                                                                    \
    const STORED *restrict gradient = (const STORED *)slot->gradient;                                                  \
    WORK *restrict first = (WORK *)slot->state[0];                                                                     \
    WORK *restrict second = (WORK *)slot->state[1];                                                                    \
    const int64_t flags = settings->flags, t = (int64_t) * (const float *)slot->step;                                  \
    const int negate = !!(flags & MAXIMIZE), penalty = !!(flags & L2);                                                 \
    const int max = settings->form == MAX, sum = settings->form == SUM, inside = settings->form == INSIDE;             \
    const WORK lr = settings->lr, beta1 = settings->beta1, beta2 = settings->beta2, eps = settings->eps;               \
    const WORK rest1 = 1 - settings->beta1, rest2 = 1 - settings->beta2, eps2 = settings->eps * settings->eps;         \
    const WORK l2 = settings->weight_decay;                                                                            \
    const WORK shrink = flags & DECOUPLED ? 1 - settings->lr * settings->weight_decay : 1;

/* ADOPT at t >= 1, inlined with constant switches: a loop with them as variables does not vectorise. */
static inline __attribute__((always_inline)) void NAME(adopt)(const Settings *settings, const Slot *slot, int64_t from,
                                                              int64_t to, const int current, const int last,
                                                              const int whole) {
    UNPACK
    const WORK bound = settings->clip_scale * pow((double)t, settings->clip_exponent);
    EACH {
        GRADIENT
        WORK old = second[i], m = first[i], v = old * beta2 + (g * g) * rest2;
        DENOMINATOR(current ? v : old)
        WORK average = whole ? g : m * beta1 + g * rest1;
        WORK a = (last ? average : g) / s;
        a = a < -bound ? -bound : a;
        a = a > bound ? bound : a;
        m = last ? average : whole ? a : m * beta1 + a * rest1;
        first[i] = m;
        second[i] = v;
        MOVE(last ? a : m);
    }
}

static void NAME(run)(const Settings *settings, const Slot *slot, int64_t from, int64_t to) {
    UNPACK
    WORK *restrict third = (WORK *)slot->state[2];
    const WORK correction1 = flags & CORRECT ? 1 - pow(settings->beta1, (double)(t + 1)) : 1;
    const WORK correction2 = flags & CORRECT ? 1 - pow(settings->beta2, (double)(t + 1)) : 1;
    switch (settings->method) {
    case ADOPT:
        if (t == 0) {
            EACH {
                GRADIENT
                WORK square = g * g;
                second[i] = square + (square - square);
            }
        } else {
            const int current = !!(flags & NOT_DECORRELATED), last = !!(flags & NORMALIZE_LAST);
            if (flags & ALGORITHM_1 && t == 1) NAME(adopt)(settings, slot, from, to, current, last, 1);
            else if (!current && !last) NAME(adopt)(settings, slot, from, to, 0, 0, 0);
            else if (!last) NAME(adopt)(settings, slot, from, to, 1, 0, 0);
            else if (!current) NAME(adopt)(settings, slot, from, to, 0, 1, 0);
            else NAME(adopt)(settings, slot, from, to, 1, 1, 0);
        }
        break;
    case ADAM:
        EACH {
            GRADIENT
            WORK m = first[i] = first[i] * beta1 + g * rest1;
            WORK v = second[i] = second[i] * beta2 + (g * g) * rest2;
            DENOMINATOR(v / correction2)
            MOVE(m / correction1 / s);
        }
        break;
    case AMSGRAD:
        EACH {
            GRADIENT
            WORK m = first[i] = first[i] * beta1 + g * rest1;
            WORK v = second[i] = second[i] * beta2 + (g * g) * rest2;
            v = third[i] = third[i] >= v ? third[i] : third[i] != third[i] ? third[i] : v;
            DENOMINATOR(v / correction2)
            MOVE(m / correction1 / s);
        }
        break;
    case RMSPROP:
        EACH {
            GRADIENT
            WORK v = first[i] = first[i] * beta2 + (g * g) * rest2;
            DENOMINATOR(v)
            MOVE(g / s);
        }
        break;
    case ADAGRAD:
        EACH {
            GRADIENT
            WORK v = first[i] = first[i] + g * g;
            DENOMINATOR(v)
            MOVE(g / s);
        }
        break;
    case ADAMAX:
        EACH {
            GRADIENT
            WORK m = first[i] = first[i] * beta1 + g * rest1;
            WORK old = second[i] * beta2, size = (g < 0 ? -g : g) + eps;
            WORK norm = second[i] = old >= size ? old : old != old ? old : size;
            MOVE(m / correction1 / norm);
        }
        break;
    case SGD_MOMENTUM:
        EACH {
            GRADIENT
            WORK m = first[i] = first[i] * beta1 + g * rest1;
            MOVE(m);
        }
        break;
    case SGD:
        EACH {
            GRADIENT
            MOVE(g);
        }
        break;
    }
}

#undef UNPACK
#undef GRADIENT
#undef DENOMINATOR
#undef MOVE
#undef EACH
#undef WORK
#undef STORED
#undef ROOT
#undef LOAD
#undef STORE
#undef NAME
#endif
