/* A step of a network on a batch, by hand. `c.py` compiles this file for each task, whose sizes are macros:

       POINTS            samples in a batch
       LANES             numbers in a vector: 8, or 1 for a single sample
       DEPTH, WIDEST     layers, and the largest number of neurons or inputs in one
       FORWARD, BACKWARD L(l, n_in, n_out, first parameter) for each layer l, in this order and in the other
       RELU              1: relu with a linear output and the hinge loss; 0: sigmoid and the squared error
       L2, RATE          of the penalty and of gradient descent; with a RATE of 0 there is no descent
       PARAMETERS        neuron by neuron, weights and then the bias

   A row is a number for each sample, in N vectors. A sum of rows is computed for 4 neurons and 4 vectors at once: its
   16 partial sums stay in registers, each row that is loaded serves 4 neurons, and each weight 4 vectors. So does the
   average gradient, for 4 neurons and 4 inputs; it is added up across the lanes once. All bounds are constants. */

#include <math.h>

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif
#define BLOCK 4
#define N ((POINTS + LANES - 1) / LANES)

#if LANES == 1
typedef double vector;
INLINE double total(vector v) { return v; }
#else
typedef double vector __attribute__((vector_size(8 * LANES)));
INLINE double total(vector v)
{
    double sum = 0.0;
    UNROLL for (int k = 0; k < LANES; k++) sum += v[k];
    return sum;
}
#endif

typedef vector row[N];

static row a[DEPTH + 1][WIDEST], delta[DEPTH + 1][WIDEST];

/* y[r] = (bias) + sum_j w[r, j] x[j], for `rows` <= 4 rows and `columns` <= 4 vectors of each. */
INLINE void product_of(int rows, int columns, int terms, int bias, const double *w, int down, int right,
                       const row *restrict x, row *restrict y, int v)
{
    vector sum[BLOCK][BLOCK];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int c = 0; c < columns; c++) sum[r][c] = (vector){0} + (bias ? w[r * down + terms] : 0.0);
    for (int j = 0; j < terms; j++)
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int c = 0; c < columns; c++) sum[r][c] += w[r * down + j * right] * x[j][v + c];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int c = 0; c < columns; c++) y[r][v + c] = sum[r][c];
}

INLINE void product(int rows, int terms, int bias, const double *w, int down, int right, const row *restrict x,
                    row *restrict y)
{
    int r = 0;
    for (; r + BLOCK <= rows; r += BLOCK) {
        int v = 0;
        for (; v + BLOCK <= N; v += BLOCK) product_of(BLOCK, BLOCK, terms, bias, w + r * down, down, right, x, y + r, v);
        if (N % BLOCK) product_of(BLOCK, N % BLOCK, terms, bias, w + r * down, down, right, x, y + r, v);
    }
    if (rows % BLOCK) {
        int v = 0;
        for (; v + BLOCK <= N; v += BLOCK)
            product_of(rows % BLOCK, BLOCK, terms, bias, w + r * down, down, right, x, y + r, v);
        if (N % BLOCK) product_of(rows % BLOCK, N % BLOCK, terms, bias, w + r * down, down, right, x, y + r, v);
    }
}

INLINE void forward(int n_in, int n_out, int linear, const double *restrict w, const row *restrict x, row *restrict y)
{
    product(n_out, n_in, 1, w, n_in + 1, 1, x, y);
    double *z = (double *)y;
    if (!linear)
        for (int n = 0; n < n_out * N * LANES; n++) z[n] = RELU ? (z[n] > 0.0 ? z[n] : 0.0) : 1.0 / (1.0 + exp(-z[n]));
}

INLINE void backward(int n_in, int n_out, const double *restrict w, const row *restrict d, const row *restrict x,
                     row *restrict d_in)
{
    product(n_in, n_out, 0, w, 1, n_in + 1, d, d_in);
    const double *y = (const double *)x;
    double *z = (double *)d_in;
    for (int n = 0; n < n_in * N * LANES; n++) z[n] *= RELU ? (y[n] > 0.0 ? 1.0 : 0.0) : y[n] * (1.0 - y[n]);
}

/* g[o, i] = the sum over the samples of d[o] x[i], for `outs` <= 4 neurons and `ins` <= 4 inputs. */
INLINE void gradient_of(int outs, int ins, int down, const row *restrict d, const row *restrict x, double *restrict g)
{
    vector sum[BLOCK][BLOCK];
    UNROLL for (int o = 0; o < outs; o++) UNROLL for (int i = 0; i < ins; i++) sum[o][i] = (vector){0};
    for (int v = 0; v < N; v++)
        UNROLL for (int o = 0; o < outs; o++) UNROLL for (int i = 0; i < ins; i++) sum[o][i] += d[o][v] * x[i][v];
    UNROLL for (int o = 0; o < outs; o++) UNROLL for (int i = 0; i < ins; i++) g[o * down + i] = total(sum[o][i]);
}

INLINE void gradient_of_rows(int outs, int n_in, const row *restrict d, const row *restrict x, double *restrict g)
{
    int i = 0;
    for (; i + BLOCK <= n_in; i += BLOCK) gradient_of(outs, BLOCK, n_in + 1, d, x + i, g + i);
    if (n_in % BLOCK) gradient_of(outs, n_in % BLOCK, n_in + 1, d, x + i, g + i);
    for (int o = 0; o < outs; o++) {
        vector sum = (vector){0};
        for (int v = 0; v < N; v++) sum += d[o][v];
        g[o * (n_in + 1) + n_in] = total(sum);
    }
}

INLINE void gradient(int n_in, int n_out, const row *restrict d, const row *restrict x, double *restrict g)
{
    int o = 0;
    for (; o + BLOCK <= n_out; o += BLOCK) gradient_of_rows(BLOCK, n_in, d + o, x, g + o * (n_in + 1));
    if (n_out % BLOCK) gradient_of_rows(n_out % BLOCK, n_in, d + o, x, g + o * (n_in + 1));
}

/* Leaves the gradient of the mean loss in g, the parameters after the step in theta, and returns the loss. */
double step(double *restrict theta, const row *restrict x, const row *restrict t, double *restrict g)
{
    double loss = 0.0, squares = 0.0;

#define L(l, n_in, n_out, first) forward(n_in, n_out, RELU && l == DEPTH - 1, theta + first, l ? a[l] : x, a[l + 1]);
    FORWARD
#undef L
    for (int o = 0; o < OUTPUTS; o++) {
        const double *y = (const double *)a[DEPTH][o], *answer = (const double *)t[o];
        double *d = (double *)delta[DEPTH][o];
        for (int n = 0; n < N * LANES; n++) {
            double e = RELU ? 1.0 - answer[n] * y[n] : y[n] - answer[n];
            double slope = RELU ? (e > 0.0 ? -answer[n] : 0.0) : e * y[n] * (1.0 - y[n]);
            loss += n < POINTS ? (RELU ? (e > 0.0 ? e : 0.0) : 0.5 * e * e) : 0.0;
            d[n] = n < POINTS ? slope / POINTS : 0.0;
        }
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
