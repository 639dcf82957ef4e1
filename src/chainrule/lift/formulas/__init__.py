"""Functions and classes of SciPy, spelled out in NumPy: a file for each field.

They are lifted as if the user had written them, under the names that SciPy gives them.  Their
values are SciPy's own; what is here tells slopes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

HOME = __name__


class Formula(NamedTuple):
    """Where a formula stands, for what, and the named tuple that SciPy gives.

    A formula that is ``complete`` computes what SciPy computes, step by step.
    """

    home: str
    file: str
    result: str | None = None
    function: Callable[..., Any] | None = None
    complete: bool = False


_NAMES: dict[tuple[str, str], str] = {
    ("scipy.stats", "hypothesis_tests"): """
        ttest_1samp:TtestResult ttest_ind:TtestResult ttest_rel:TtestResult
        ttest_ind_from_stats:Ttest_indResult
        f_oneway:F_onewayResult chisquare:Power_divergenceResult
        power_divergence:Power_divergenceResult bartlett:BartlettResult levene:LeveneResult
        jarque_bera:SignificanceResult skewtest:SkewtestResult kurtosistest:KurtosistestResult
        normaltest:NormaltestResult pointbiserialr:SignificanceResult
        chi2_contingency:Chi2ContingencyResult combine_pvalues:SignificanceResult
    """,
    ("scipy.stats", "ranks"): """
        kendalltau:SignificanceResult spearmanr:SignificanceResult kruskal:KruskalResult
        mannwhitneyu:MannwhitneyuResult wilcoxon:WilcoxonResult
        friedmanchisquare:FriedmanchisquareResult theilslopes:TheilslopesResult
        ks_2samp:KstestResult
    """,
    ("scipy.stats", "samples"): """
        iqr trim_mean boxcox_llf yeojohnson yeojohnson_llf tmean tvar tstd tsem gmean hmean pmean
    """,
    ("scipy.signal", "linear_systems"): """
        TransferFunction StateSpace lti tf2ss ss2tf lsim step impulse freqresp bode
    """,
    ("scipy.signal", "spectra"): "stft istft spectrogram",
    ("scipy.interpolate", "scattered"): """
        RBFInterpolator LinearNDInterpolator NearestNDInterpolator griddata
    """,
    ("scipy.spatial", "points"): "ConvexHull Delaunay KDTree cKDTree procrustes geometric_slerp",
    ("scipy.stats", "densities"): "gaussian_kde",
    ("scipy.stats.rv_continuous", "expectations"): "expect",
    ("scipy.stats", "distances"): "kstest:KstestResult ks_1samp:KstestResult rankdata "
    "binned_statistic:BinnedStatisticResult",
    ("scipy.spatial.distance", "points"): "directed_hausdorff",
    ("scipy.signal", "waves"): "sawtooth decimate firwin",
    ("scipy.linalg", "matrix_powers"): "fractional_matrix_power",
    ("scipy.special", "series"): """
        legendre chebyt chebyu hermite hermitenorm laguerre genlaguerre gegenbauer jacobi
    """,
    ("scipy.sparse.linalg", "iterative_solvers"): """
        cg bicg bicgstab cgs gmres lgmres minres qmr tfqmr
    """,
    ("scipy.optimize", "programs"): "linprog linear_sum_assignment lsq_linear isotonic_regression",
    ("scipy.interpolate", "fitpack"): "splrep splder splantider splint",
    ("scipy.signal", "filter_designs"): "butter cheby1",
}


# The files of formulas that compute what SciPy computes: they are given functions.
COMPLETE = ("expectations",)


def _entries() -> dict[str, list[Formula]]:
    found: dict[str, list[Formula]] = {}
    for (home, file), words in _NAMES.items():
        for word in words.split():
            name, _, result = word.partition(":")
            complete = file in COMPLETE
            entry = Formula(home, file, result or None, complete=complete)
            found.setdefault(name, []).append(entry)
    return found


FORMULAS = _entries()
