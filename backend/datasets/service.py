"""What users do with datasets, and how runs are tied to them."""

from pathlib import Path

from sqlalchemy.orm import Session

from ahora.config import JsonlData, RunConfig
from ahora.config.errors import FieldError
from ahora.schemas import datasets as schemas
from ahora.schemas.datasets import DatasetUpdate
from backend.datasets import repository
from backend.datasets.files import Contents, path_of
from backend.db.models import Dataset, Run, RunDataset
from backend.errors import DatasetInUse, Invalid


def store(
    session: Session, sha256: str, size: int, name: str, contents: Contents, by: str
) -> Dataset:
    """Note an uploaded file; one with the same bytes is the same dataset and stays as it is."""
    found = repository.with_hash(session, sha256)
    if found is not None:
        return found
    dataset = Dataset(
        sha256=sha256,
        name=name,
        size=size,
        rows=contents.rows,
        columns=[column.model_dump() for column in contents.columns],
        first_rows=contents.first_rows,
        prompt_column=contents.prompt_column,
        answer_column=contents.answer_column,
        created_by=by,
    )
    session.add(dataset)
    session.flush()
    return dataset


def update(session: Session, dataset_id: str, body: DatasetUpdate, folder: Path) -> Dataset:
    """Edit a dataset; new columns are looked for in every row. Raises `Invalid` with the lines."""
    dataset = repository.require(session, dataset_id)
    if body.name is not None:
        dataset.name = body.name
    if body.prompt_column is not None or body.answer_column is not None:
        prompt = body.prompt_column or dataset.prompt_column
        answer = body.answer_column or dataset.answer_column
        Contents(path_of(folder, dataset.sha256), prompt, answer)
        dataset.prompt_column, dataset.answer_column = prompt, answer
    return dataset


def delete(session: Session, dataset_id: str) -> str:
    """Forget a dataset; gives the hash of its file. Raises `DatasetInUse`."""
    dataset = repository.require(session, dataset_id)
    users = repository.waiting_readers(session, dataset.sha256, 4)
    if users:
        names = ", ".join(repr(run.name) for run in users[:3])
        more = " and more" if len(users) > 3 else ""
        raise DatasetInUse(
            f"The dataset {dataset.name!r} is needed by {names}{more}: stop or finish them first."
        )
    session.delete(dataset)
    return dataset.sha256


def hashes(config: RunConfig) -> dict[str, str]:
    """Field of the configuration to the hash of the uploaded dataset that it names."""
    if not isinstance(config.data, JsonlData):
        return {}
    named = {"data.dataset": config.data.dataset, "data.eval_dataset": config.data.eval_dataset}
    return {field: sha256 for field, sha256 in named.items() if sha256 is not None}


def problems(session: Session, config: RunConfig) -> list[FieldError]:
    """Datasets that the configuration names and nobody has uploaded here."""
    named = hashes(config)
    if not named:
        return []
    there = repository.known(session, set(named.values()))
    return [
        FieldError(
            path=field,
            message=f"names the dataset {sha256[:12]}..., which is not uploaded here",
            remedy="Upload the file on the page Datasets, or choose one that is there.",
        )
        for field, sha256 in named.items()
        if sha256 not in there
    ]


def check(session: Session, config: RunConfig, prefix: str = "config.") -> None:
    """Raises `Invalid` for a dataset that is not there."""
    found = problems(session, config)
    if found:
        errors = [each.model_copy(update={"path": prefix + each.path}) for each in found]
        raise Invalid(f"{errors[0].path} {errors[0].message}. {errors[0].remedy}", errors=errors)


def tie(session: Session, run: Run, config: RunConfig) -> None:
    """Note which datasets the stored `run` reads. Raises `Invalid` for one that is not there."""
    check(session, config)
    for sha256 in set(hashes(config).values()):
        session.add(RunDataset(run_id=run.id, sha256=sha256))


def view(dataset: Dataset, runs: int) -> schemas.Dataset:
    """A row of the list."""
    return schemas.Dataset.model_validate(_fields(dataset, runs))


def detail(dataset: Dataset, runs: int) -> schemas.DatasetDetail:
    """With its first rows."""
    return schemas.DatasetDetail.model_validate(
        {**_fields(dataset, runs), "first_rows": dataset.first_rows}
    )


def _fields(dataset: Dataset, runs: int) -> dict[str, object]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "sha256": dataset.sha256,
        "size": dataset.size,
        "rows": dataset.rows,
        "columns": dataset.columns,
        "prompt_column": dataset.prompt_column,
        "answer_column": dataset.answer_column,
        "created_by": dataset.created_by,
        "created_at": dataset.created_at,
        "runs": runs,
    }
