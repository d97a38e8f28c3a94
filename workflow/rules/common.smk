"""What the rules share: the validated settings, the ladder, and where things stand. Nothing here measures or writes."""

from faultline.case import read_signature
from faultline.config import DATASETS, load
from faultline.ladder import groups, same_model
from faultline.source import BUNDLED

SUPERVISOR_MB = 1000  # memory of a stage beside the process that limits.memory_mb bounds


def planned(config):
    """Settings, signature, variants, ladder and dataset; a mistake ends Snakemake with its sentence before anything runs."""
    try:
        settings = load(config)
        case = read_signature(settings.case)
        variants = case.choose_variants(settings.variants)
        dataset = settings.dataset_of(case)
        sizes, max_T = settings.groups.sizes, settings.groups.max_T
        return settings, case, variants, groups(case, settings.components, sizes, max_T), dataset
    except InputError as mistake:
        sys.exit(str(mistake))


def sources(*patterns):
    """Files of the library that a stage uses: its inputs, so that their content decides what is stale."""
    return sorted(str(path) for pattern in patterns for path in Path("src/faultline").glob(pattern))


def repeated(option, chosen):
    """``--option name=value`` for every item."""
    return " ".join(f"--{option} {name}={value}" for name, value in chosen.items())


def sampler_options(wildcards):
    """How a group samples, as options; empty for one that does not, so that only those that sample are stale."""
    group, sampler, freeze = MEASURED[wildcards.group], SETTINGS.sampler, SETTINGS.groups.freeze
    if not group.samples:
        return ""
    options = (
        f"--nuts {sampler.nuts} --chains {sampler.chains} --tune {sampler.tune} --draws {sampler.draws}"
        f" --target_accept {sampler.target_accept}"
        f" --confirm_tune {sampler.confirm.tune} --confirm_draws {sampler.confirm.draws}"
        f" --extended_chains {sampler.extended.chains}"
        f" --extended_tune {sampler.extended.tune} --extended_draws {sampler.extended.draws}"
    )
    if group.kind == "apart":
        options += f" --limit_apart {SETTINGS.limits.apart}"
    if group.kind == "frozen":
        options += f" --freeze_source {freeze.source} --freeze_lengths {freeze.lengths}"
    return options


def size_ladder_files(wildcards):
    """Reports and picture of the size ladder; asking for one without sizes is a mistake, though no other target's."""
    if not SIZES:
        sys.exit("config: groups.sizes is empty; give numbers of frames such as [80, 200, 500].")
    return [*(f"{D}/report_{group}.html" for group in SIZES), *SIZE_PICTURE]


SETTINGS, CASE, VARIANTS, LADDER, DATASET = planned(config)
GROUPS = {group.name: group for group in LADDER}
# What is measured, by its name: that of the group, but for sizes, whose place in the ladder can change.
MEASURED = {group.measured: group for group in reversed(LADDER)}
LOOKING = [group.measured for group in LADDER if not group.samples]
SAMPLING = [group.name for group in LADDER if group.kind in ("sampling", "frozen")]
APART = [group.name for group in LADDER if group.kind == "apart"]
SIZES = [group.name for group in LADDER if group.size]
# What a case reads by itself, or does not read, cannot be cut.
MAX_T, MAX_K = (SETTINGS.groups.max_T, SETTINGS.groups.max_K) if CASE.loads else (None, None)
D = SETTINGS.suite_dir
SIZE_PICTURE = [f"{D}/plots/size_ladder.png"] if SIZES else []
# The bundled cases know how to look at a dataset; what a case of the user's reads is its own business.
LOOK_AT_DATASET = (
    [f"{D}/results/dataset.json", f"{D}/plots/dataset/dataset.png"] if DATASET and CASE.ref in BUNDLED else []
)
# The modules of the case, but for those that only make or draw a dataset.
CASE_SOURCES = sorted(
    os.path.relpath(path) for path in CASE.sources if path.name not in ("generate.py", "picture.py")
)
# The name of a run is used when something is measured and is never a reason to measure: so it is no param.
os.environ.update(FAULTLINE_RUN=f"--run_id {SETTINGS.run_id or 'none'}" + " --overwrite" * SETTINGS.overwrite)
