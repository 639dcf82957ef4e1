"""Likelihoods and losses over plain lists of observations."""

import math


def normal_log_likelihood(mean, log_sd, data):
    """Log likelihood of independent normal observations."""
    sd = math.exp(log_sd)
    total = 0.0
    for x in data:
        z = (x - mean) / sd
        total -= 0.5 * z * z + log_sd + 0.5 * math.log(2.0 * math.pi)
    return total


def gamma_log_likelihood(shape, rate, data):
    """Log likelihood of gamma distributed observations."""
    if shape <= 0.0 or rate <= 0.0:
        return -math.inf
    constant = shape * math.log(rate) - math.lgamma(shape)
    return sum(constant + (shape - 1.0) * math.log(x) - rate * x for x in data)


def student_log_density(x, location, scale, freedom):
    """Log density of Student's t distribution."""
    z = (x - location) / scale
    return (
        math.lgamma(0.5 * (freedom + 1.0))
        - math.lgamma(0.5 * freedom)
        - 0.5 * math.log(freedom * math.pi)
        - math.log(scale)
        - 0.5 * (freedom + 1.0) * math.log1p(z * z / freedom)
    )


def log_sum_exp(values):
    """Logarithm of a sum of exponentials that does not overflow."""
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values))


def mixture_log_likelihood(weights, means, sds, data):
    """Log likelihood of a mixture of normal distributions; weights need not sum to one."""
    normaliser = math.log(sum(weights))
    total = 0.0
    for x in data:
        terms = []
        for weight, mean, sd in zip(weights, means, sds):
            z = (x - mean) / sd
            terms.append(math.log(weight / sd) - 0.5 * z**2)
        total += log_sum_exp(terms) - normaliser
    return total - 0.5 * len(data) * math.log(2.0 * math.pi)


def softplus(z):
    """log(1 + exp(z)) without overflow."""
    if z > 0.0:
        return z + math.log1p(math.exp(-z))
    return math.log1p(math.exp(z))


def logistic_loss(weights, bias, rows, labels, penalty=0.0):
    """Mean cross entropy of a logistic regression, with an L2 penalty."""
    loss = 0.0
    for row, label in zip(rows, labels):
        z = bias + sum(w * x for w, x in zip(weights, row))
        loss += softplus(-z if label else z)
    loss /= len(rows)
    if penalty:
        loss += 0.5 * penalty * sum(w**2 for w in weights)
    return loss


def poisson_deviance(coefficients, rows, counts):
    """Deviance of a Poisson regression with a log link; a count of zero has no logarithm."""
    deviance = 0.0
    for row, count in zip(rows, counts):
        rate = math.exp(sum(b * x for b, x in zip(coefficients, row)))
        deviance += 2.0 * (rate - count)
        if count > 0:
            deviance += 2.0 * count * math.log(count / rate)
    return deviance


def kalman_log_likelihood(process_variance, noise_variance, observations, start=0.0, spread=1e3):
    """Log likelihood of a local level model (Kalman 1960); None is a missing observation."""
    level, variance = start, spread
    total = 0.0
    for y in observations:
        variance += process_variance
        if y is None:
            continue
        innovation = y - level
        predicted = variance + noise_variance
        gain = variance / predicted
        level += gain * innovation
        variance *= 1.0 - gain
        total -= 0.5 * (math.log(2.0 * math.pi * predicted) + innovation**2 / predicted)
    return total


def garch_log_likelihood(omega, alpha, beta, returns):
    """Log likelihood of a GARCH(1, 1) process (Bollerslev 1986)."""
    variance = sum(r * r for r in returns) / len(returns)
    total = 0.0
    for r in returns:
        total -= 0.5 * (math.log(2.0 * math.pi * variance) + r * r / variance)
        variance = omega + alpha * r * r + beta * variance
    return total


def huber_loss(slope, intercept, xs, ys, delta=1.0):
    """Loss of a robust straight line (Huber 1964)."""
    loss = 0.0
    for x, y in zip(xs, ys):
        residual = abs(y - slope * x - intercept)
        if residual <= delta:
            loss += 0.5 * residual**2
        else:
            loss += delta * (residual - 0.5 * delta)
    return loss


def correlation(xs, ys):
    """Pearson's coefficient of correlation, in one pass (Welford 1962)."""
    mean_x = mean_y = sxx = syy = sxy = 0.0
    for n, (x, y) in enumerate(zip(xs, ys), start=1):
        dx = x - mean_x
        dy = y - mean_y
        mean_x += dx / n
        mean_y += dy / n
        sxx += dx * (x - mean_x)
        syy += dy * (y - mean_y)
        sxy += dx * (y - mean_y)
    return sxy / math.sqrt(sxx * syy)


DATA = [0.8, 1.9, 1.1, 2.7, 0.4, 1.6]
ROWS = [[0.5, -1.2], [1.5, 0.3], [-0.7, 0.8], [0.2, 0.1]]

POINTS = {
    "normal_log_likelihood": {"wrt": ("mean", "log_sd", "data"), "at": [(1.2, -0.3, DATA)]},
    "gamma_log_likelihood": {"wrt": ("shape", "rate", "data"), "at": [(2.3, 1.7, DATA)]},
    "student_log_density": {
        "wrt": ("x", "location", "scale", "freedom"),
        "at": [(1.4, 0.3, 0.8, 5.5)],
    },
    "log_sum_exp": {"wrt": ("values",), "at": [([1.0, 3.0, -2.0],), ([800.0, 799.0],)]},
    "mixture_log_likelihood": {
        "wrt": ("weights", "means", "sds"),
        "at": [([0.6, 1.1], [0.9, 2.2], [0.5, 0.7], DATA)],
    },
    "softplus": {"wrt": ("z",), "at": [(0.7,), (-3.0,), (40.0,), (-800.0,)]},
    "logistic_loss": {
        "wrt": ("weights", "bias", "penalty"),
        "at": [([0.4, -0.9], 0.2, ROWS, [True, False, True, False], 0.1)],
    },
    "poisson_deviance": {"wrt": ("coefficients",), "at": [([0.4, -0.9], ROWS, [3, 1, 0, 2])]},
    "kalman_log_likelihood": {
        "wrt": ("process_variance", "noise_variance", "start", "spread"),
        "at": [(0.2, 0.5, [0.8, 1.9, None, 2.7, 0.4], 0.1, 10.0)],
    },
    "garch_log_likelihood": {
        "wrt": ("omega", "alpha", "beta", "returns"),
        "at": [(0.02, 0.1, 0.85, [0.3, -0.5, 0.1, 0.9, -0.2])],
    },
    "huber_loss": {
        "wrt": ("slope", "intercept", "ys", "delta"),
        "at": [(0.7, 0.3, [0.0, 1.0, 2.0, 3.0], [0.1, 1.3, 5.0, 2.4], 1.0)],
    },
    "correlation": {"wrt": ("xs", "ys"), "at": [(DATA, [0.3, 2.0, 1.5, 2.2, 0.9, 1.0])]},
}


if __name__ == "__main__":
    from chainrule import grad

    slopes = grad(kalman_log_likelihood, wrt=("process_variance", "noise_variance"))
    print(slopes.source)
    print(slopes(0.2, 0.5, [0.8, 1.9, None, 2.7, 0.4]))
