/* Functions of a few numbers and their gradients, by hand; `c.py` compiles it with the sizes of a task as macros. */

#include <math.h>
#include <string.h>

#if defined PENDULUM
/* STEPS of Euler's method with step H from each of POINTS starts (angle, velocity), in tiles of WIDTH: forward keeps
   the cosines, backward goes down them. Rows of the points are starts, so a tile is transposed first. */
#define WIDTH (POINTS < 32 ? POINTS : 32)

void run(const double *restrict points, double *restrict values, double *restrict gradients)
{
    static double cosine[STEPS][WIDTH] __attribute__((aligned(64)));
    for (int first = 0; first < POINTS; first += WIDTH) {
        double angle[WIDTH], velocity[WIDTH], d_angle[WIDTH], d_velocity[WIDTH];
        int n = POINTS - first < WIDTH ? POINTS - first : WIDTH;
        for (int k = 0; k < WIDTH; k++) {
            const double *start = points + 2 * (first + (k < n ? k : 0));
            angle[k] = start[0], velocity[k] = start[1];
        }
        for (int i = 0; i < STEPS; i++) {
            double sine[WIDTH]; /* loops apart, because gcc has vectors of sines and of cosines, but not of both at once */
            for (int k = 0; k < WIDTH; k++) sine[k] = sin(angle[k]);
            for (int k = 0; k < WIDTH; k++) cosine[i][k] = cos(angle[k]);
            for (int k = 0; k < WIDTH; k++) {
                angle[k] += H * velocity[k];
                velocity[k] -= H * sine[k];
            }
        }
        for (int k = 0; k < WIDTH; k++) d_angle[k] = 1.0, d_velocity[k] = 0.0;
        for (int i = STEPS - 1; i >= 0; i--)
            for (int k = 0; k < WIDTH; k++) {
                double d = d_angle[k];
                d_angle[k] = d - H * cosine[i][k] * d_velocity[k];
                d_velocity[k] += H * d;
            }
        for (int k = 0; k < n; k++) {
            values[first + k] = angle[k];
            gradients[2 * (first + k)] = d_angle[k], gradients[2 * (first + k) + 1] = d_velocity[k];
        }
    }
}

#elif defined BODIES
/* The energy of BODIES bodies; each force is the sum over all others, in vectors, so every pair is computed twice. */
void run(const double *restrict x, double *restrict value, double *restrict gradient)
{
    static const double mass[BODIES] __attribute__((aligned(64))) = {MASSES};
    double px[BODIES], py[BODIES], pz[BODIES], energy = 0.0;
    for (int i = 0; i < BODIES; i++) px[i] = x[3 * i], py[i] = x[3 * i + 1], pz[i] = x[3 * i + 2];
    for (int i = 0; i < BODIES; i++) {
        double gx = 0.0, gy = 0.0, gz = 0.0, sum = 0.0;
        for (int j = 0; j < BODIES; j++) {
            double dx = px[i] - px[j], dy = py[i] - py[j], dz = pz[i] - pz[j];
            double square = dx * dx + dy * dy + dz * dz + SOFTENING;
            double share = (i == j ? 0.0 : mass[j]) / sqrt(square), pull = share / square;
            sum += share;
            gx += pull * dx, gy += pull * dy, gz += pull * dz;
        }
        energy -= 0.5 * mass[i] * sum;
        gradient[3 * i] = mass[i] * gx, gradient[3 * i + 1] = mass[i] * gy, gradient[3 * i + 2] = mass[i] * gz;
    }
    *value = energy;
}

#elif defined ROSENBROCK
void run(const double *restrict x, double *restrict value, double *restrict g)
{
    double total = 0.0, bend[ROSENBROCK], rest[ROSENBROCK];
    for (int i = 0; i < ROSENBROCK - 1; i++) {
        bend[i] = x[i + 1] - x[i] * x[i], rest[i] = 1.0 - x[i];
        total += 100.0 * bend[i] * bend[i] + rest[i] * rest[i];
    }
    for (int i = 0; i < ROSENBROCK; i++) g[i] = 0.0;
    for (int i = 0; i < ROSENBROCK - 1; i++) g[i] -= 400.0 * bend[i] * x[i] + 2.0 * rest[i];
    for (int i = 0; i < ROSENBROCK - 1; i++) g[i + 1] += 200.0 * bend[i];
    *value = total;
}

#elif defined HESSIAN
void run(const double *restrict x, double *restrict value, double *restrict h)
{
    (void)value;
    memset(h, 0, sizeof(double) * HESSIAN * HESSIAN);
    for (int i = 0; i < HESSIAN; i++) {
        double diagonal = i ? 200.0 : 0.0;
        if (i < HESSIAN - 1) {
            diagonal += 1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0;
            h[i * HESSIAN + i + 1] = h[(i + 1) * HESSIAN + i] = -400.0 * x[i];
        }
        h[i * HESSIAN + i] = diagonal;
    }
}

#elif defined CHAIN
/* Forward mode: three tangents beside y, four sums and products that do not wait for each other, and nothing to keep. */
void run(const double *restrict x, double *restrict value, double *restrict g)
{
    double a = x[0], b = x[1], y = x[2], da = 0.0, db = 0.0, dy = 1.0;
    for (int i = 0; i < CHAIN; i++) da = da * a + y, db = db * a + 1.0, dy *= a, y = y * a + b;
    *value = y, g[0] = da, g[1] = db, g[2] = dy;
}
#endif
