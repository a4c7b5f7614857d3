"""A report's learning curves as a picture, by matplotlib: the extra `plot`."""

from pathlib import Path
from types import ModuleType

from hone.bench.report import Report, label
from hone.errors import HoneError, UsageError

_FORMATS = (".png", ".svg", ".pdf")


def check_plot(path: Path) -> None:
    """Raises UsageError where no plot can be made, before anything is measured."""
    if path.suffix.lower() not in _FORMATS:
        raise UsageError(f"{path.name}: a plot is a file whose name ends with {', '.join(_FORMATS)}")
    _matplotlib()


def write_plot(shown: Report, path: Path) -> None:
    """Calls and success at each repeat, a line for each arm. Raises HoneError if it cannot be written."""
    matplotlib = _matplotlib()
    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415 - only with the extra

    figure, (calls, success) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for arm in shown.arms:
        numbers = list(arm.repeats)
        calls.plot(numbers, [row.calls for row in arm.repeats.values()], marker="o", label=label(shown, arm))
        success.plot(numbers, [100 * row.success for row in arm.repeats.values()], marker="o")
    for axes, name in ((calls, "calls a task"), (success, "success, %")):
        axes.set_xlabel("repeat")
        axes.set_ylabel(name)
        axes.set_ylim(bottom=0)
        axes.xaxis.get_major_locator().set_params(integer=True)
    if shown.arms:
        calls.legend(fontsize="small")
    figure.suptitle("The learning benchmark" + (" (SIMULATED)" if shown.simulated else ""))
    try:
        figure.savefig(path)
    except OSError as error:
        raise HoneError(f"{path} cannot be written: {error.strerror}; choose another place") from error
    finally:
        pyplot.close(figure)


def _matplotlib() -> ModuleType:
    try:
        import matplotlib  # noqa: PLC0415 - only with the extra
    except ImportError:
        raise UsageError("plots need matplotlib: pip install matplotlib") from None
    return matplotlib
