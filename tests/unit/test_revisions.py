"""Revisions of the user's code: commits that are found, the way between two of them, and checkouts that touch nothing else."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from repositories import Repo

from faultline.core.errors import InputError
from faultline.targets.revisions import Repository, check_imports, home, import_from


@pytest.fixture
def repo(tmp_path) -> Repo:
    """Three commits of a case in a folder, the last two with a file beside it."""
    made = Repo(tmp_path / "repo")
    for number in (1, 2, 3):
        made.commit(
            f"Step `{number}`\n\nMore words.", {"work/case.py": f"N = {number}\n", f"data/{number}.txt": "x"}
        )
    return made


@pytest.fixture
def found(repo) -> Repository:
    return Repository.of(str(repo.root / "work" / "case.py"))


def test_a_commit_is_known_by_any_name_that_git_knows(repo, found):
    repo.git("tag", "-a", "v1", "-m", "a tag", "HEAD~1")
    assert found.file == Path("work/case.py")
    one, other = found.commit("v1", "here"), found.commit("HEAD~1", "here")
    assert one == other and (one.subject, one.date) == ("Step `2`", "2026-03-01")
    assert one.hash.startswith(one.name) and len(one.hash) == 40


@pytest.mark.parametrize("ref", ["v9", "-x", "--all", "HEAD:work/case.py", "a b", "HEAD~9"])
def test_what_is_no_commit_is_one_sentence(found, ref):
    with pytest.raises(InputError, match=r"^compare.works.revision: git knows no commit .* git log shows\.$"):
        found.commit(ref, "compare.works.revision")


def test_a_case_outside_of_a_repository_or_without_a_file_has_no_revisions(tmp_path):
    (tmp_path / "alone.py").write_text("")
    with pytest.raises(InputError, match=r"alone.py is in no git repository .*; leave revision out"):
        Repository.of(str(tmp_path / "alone.py"))
    with pytest.raises(InputError, match=r"needs a case in a Python file of yours, and gimbal is none"):
        Repository.of("gimbal")


def test_without_git_there_is_one_sentence(repo, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="needs git, which is not installed"):
        Repository.of(str(repo.root / "work" / "case.py"))


def test_the_repository_is_that_of_the_case_whatever_the_environment_names(repo, tmp_path, monkeypatch):
    other = Repo(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / "index"))
    assert Repository.of(str(repo.root / "work" / "case.py")).commit("HEAD", "here").subject == "Step `3`"


def test_a_checkout_has_the_files_of_its_commit_and_nothing_else_changes(repo, found, tmp_path):
    (repo.root / "work" / "case.py").write_text("N = 99\n")
    (repo.root / "staged.txt").write_text("s")
    repo.git("add", "staged.txt")
    before = repo.git("status", "--porcelain"), repo.git("rev-parse", "HEAD"), repo.git("worktree", "list")
    commit = found.commit("HEAD~1", "here")
    case = Path(found.case_at(commit, tmp_path / "store"))
    assert case.read_text() == "N = 2\n" and case.parents[2] == tmp_path / "store"
    assert sorted(path.name for path in (case.parents[1] / "data").iterdir()) == ["1.txt", "2.txt"]
    assert [path.name for path in (tmp_path / "store").iterdir()] == [commit.hash]
    after = repo.git("status", "--porcelain"), repo.git("rev-parse", "HEAD"), repo.git("worktree", "list")
    assert before == after and (repo.root / "work" / "case.py").read_text() == "N = 99\n"


def test_what_an_archive_would_leave_out_is_in_a_checkout(repo, found, tmp_path):
    repo.commit("Attributes", {".gitattributes": "data/* export-ignore\n"})
    case = Path(found.case_at(found.commit("HEAD", "here"), tmp_path / "store"))
    assert (case.parents[1] / "data" / "3.txt").is_file()


def test_several_runs_at_once_make_one_checkout(found, tmp_path):
    commit = found.commit("HEAD", "here")
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: found.checked_out(commit, tmp_path / "store"), range(8)))
    assert made == {tmp_path / "store" / commit.hash}
    assert [path.name for path in (tmp_path / "store").iterdir()] == [commit.hash]


def test_a_case_that_was_not_there_is_one_sentence(repo, found, tmp_path):
    repo.commit("Later", {"late.py": ""})
    late = Repository.of(str(repo.root / "late.py"))
    with pytest.raises(InputError, match=r"^late.py is not there in commit \w+; name one that has it\.$"):
        late.case_at(found.commit("HEAD~1", "here"), tmp_path / "store")


def test_the_way_between_two_commits_goes_from_parent_to_child(repo, found):
    repo.git("checkout", "-qb", "side", "HEAD~1")
    repo.commit("On the side", {"side.txt": "1"})
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "side", "-m", "Merge")
    old, side, new = (found.commit(ref, "here") for ref in ("HEAD~2", "side", "HEAD"))
    assert [commit.subject for commit in found.path(old, new)] == ["Step `2`", "Step `3`", "Merge"]
    assert [commit.subject for commit in found.path(side, new)] == ["On the side", "Merge"]
    assert found.path(new, new) == [new]


def test_two_branches_part_where_they_have_their_last_commit_in_common(repo, found):
    repo.git("checkout", "-qb", "side", "HEAD~1")
    repo.commit("On the side", {"side.txt": "1"})
    main, side = found.commit("main", "here"), found.commit("side", "here")
    assert found.parting(main, side).subject == "Step `2`"
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit("Of its own", {"work/case.py": ""})
    assert found.parting(main, found.commit("other", "here")) is None


def test_a_shallow_clone_says_what_to_do(repo, tmp_path):
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.root}", str(tmp_path / "shallow"))
    shallow = Repository.of(str(tmp_path / "shallow" / "work" / "case.py"))
    with pytest.raises(InputError, match=r"git fetch --unshallow gets the rest\)\.$"):
        shallow.commit("HEAD~2", "compare.works.revision")
    Repo(tmp_path / "shallow").git("fetch", "-q", "--depth", "1", "origin", repo.git("rev-parse", "HEAD~2"))
    old, new = (shallow.commit(ref, "here") for ref in ("FETCH_HEAD", "HEAD"))
    with pytest.raises(InputError, match=r"the clone is shallow, .* run git fetch --unshallow\.$"):
        shallow.parting(old, new)


def test_imports_come_from_the_checkout(repo, found, tmp_path, monkeypatch):
    repo.commit("A library", {"lib/of_the_repository.py": "N = 1\n"})
    place = found.checked_out(found.commit("HEAD", "here"), tmp_path / "store")
    (repo.root / "lib" / "of_the_repository.py").write_text("N = 2\n")
    (repo.root / "env").mkdir()
    own = [str(repo.root / "lib"), str(repo.root / "env"), *sys.path]
    monkeypatch.setattr(sys, "path", list(own))
    monkeypatch.chdir(repo.root)
    import_from(place, repo.root, place / "work")
    assert sys.path[:2] == [str(place / "lib"), str(repo.root / "env")]
    assert sys.path[-2:] == [str(place / "work"), str(place)]
    import of_the_repository

    monkeypatch.delitem(sys.modules, "of_the_repository")
    assert of_the_repository.N == 1
    check_imports(place, repo.root)
    monkeypatch.setattr(sys, "path", list(own))
    import of_the_repository

    with pytest.raises(
        InputError, match="of_the_repository was imported from lib/of_the_repository.py of the working tree"
    ):
        check_imports(place, repo.root)
    monkeypatch.delitem(sys.modules, "of_the_repository")
    assert of_the_repository.N == 2


def test_what_moves_with_a_case_is_its_working_tree_or_its_folder(repo, tmp_path):
    assert home(repo.root / "work" / "case.py") == repo.root
    assert home(tmp_path / "alone" / "case.py") == tmp_path / "alone"
