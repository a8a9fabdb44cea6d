/* A step of a network on a batch, by hand. `c.py` compiles this file for each task, whose sizes are macros:

       POINTS            samples in a batch
       N                 POINTS, filled up to whole vectors; a row of numbers, one for each sample, has N
       DEPTH, WIDEST     layers, and the largest number of neurons or inputs in one
       FORWARD, BACKWARD L(l, n_in, n_out, first parameter) for each layer l, in this order and in the other
       RELU              1: relu with a linear output and the hinge loss; 0: sigmoid and the squared error
       L2, RATE          of the penalty and of gradient descent; with a RATE of 0 there is no descent
       PARAMETERS        neuron by neuron, weights and then the bias

   Every loop over n is a loop over the samples, with a constant length and no branch: vector instructions. The loops
   around it have constant bounds as well, so the sum over a neuron's inputs is unrolled and stays in a register. The
   third sum of an average gradient runs over the samples in vectors, and is added up across the vector once. */

#include <math.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 64")

typedef double row[N];

static row a[DEPTH + 1][WIDEST] __attribute__((aligned(64))), delta[DEPTH + 1][WIDEST] __attribute__((aligned(64)));

INLINE void forward(int n_in, int n_out, int linear, const double *restrict w, const row *restrict x, row *restrict y)
{
    for (int o = 0; o < n_out; o++, w += n_in + 1)
        for (int n = 0; n < N; n++) {
            double z = w[n_in];
            UNROLL for (int i = 0; i < n_in; i++) z += w[i] * x[i][n];
            y[o][n] = linear ? z : RELU ? (z > 0.0 ? z : 0.0) : 1.0 / (1.0 + exp(-z));
        }
}

INLINE void backward(int n_in, int n_out, const double *restrict w, const row *restrict d, const row *restrict x,
                     row *restrict d_in)
{
    for (int i = 0; i < n_in; i++)
        for (int n = 0; n < N; n++) {
            double sum = 0.0;
            UNROLL for (int o = 0; o < n_out; o++) sum += w[o * (n_in + 1) + i] * d[o][n];
            d_in[i][n] = RELU ? (x[i][n] > 0.0 ? sum : 0.0) : sum * x[i][n] * (1.0 - x[i][n]);
        }
}

INLINE void gradient(int n_in, int n_out, const row *restrict d, const row *restrict x, double *restrict g)
{
    for (int o = 0; o < n_out; o++)
        for (int i = 0; i <= n_in; i++) {
            double sum = 0.0;
            for (int n = 0; n < N; n++) sum += i < n_in ? d[o][n] * x[i][n] : d[o][n];
            *g++ = sum;
        }
}

/* Leaves the gradient of the mean loss in g, the parameters after the step in theta, and returns the loss. */
double step(double *restrict theta, const row *restrict x, const row *restrict t, double *restrict g)
{
    double loss = 0.0, squares = 0.0;
    row *y = a[DEPTH], *d = delta[DEPTH];

#define L(l, n_in, n_out, first) forward(n_in, n_out, RELU && l == DEPTH - 1, theta + first, l ? a[l] : x, a[l + 1]);
    FORWARD
#undef L
    for (int o = 0; o < OUTPUTS; o++)
        for (int n = 0; n < N; n++) {
            double e = RELU ? 1.0 - t[o][n] * y[o][n] : y[o][n] - t[o][n];
            double slope = RELU ? (e > 0.0 ? -t[o][n] : 0.0) : e * y[o][n] * (1.0 - y[o][n]);
            loss += n < POINTS ? (RELU ? (e > 0.0 ? e : 0.0) : 0.5 * e * e) : 0.0;
            d[o][n] = n < POINTS ? slope / POINTS : 0.0;
        }
#define L(l, n_in, n_out, first)                                                                                       \
    gradient(n_in, n_out, delta[l + 1], l ? a[l] : x, g + first);                                                      \
    if (l) backward(n_in, n_out, theta + first, delta[l + 1], a[l], delta[l]);
    BACKWARD
#undef L
    for (int i = 0; i < PARAMETERS; i++) {
        squares += theta[i] * theta[i];
        g[i] += 2.0 * L2 * theta[i];
        theta[i] -= RATE * g[i];
    }
    return loss / POINTS + L2 * squares;
}
