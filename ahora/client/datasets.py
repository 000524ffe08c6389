"""Uploading, listing and deleting datasets."""

from pathlib import Path
from typing import Any

from ahora.client.base import Part, make_body, part
from ahora.client.errors import InvalidInputError
from ahora.schemas.datasets import MAX_DATASET_BYTES, Dataset, DatasetDetail, DatasetUpdate


class DatasetMethods(Part):
    """The client's methods about datasets."""

    def upload_dataset(
        self,
        path: Path | str,
        name: str | None = None,
        *,
        prompt_column: str | None = None,
        answer_column: str | None = None,
    ) -> DatasetDetail:
        """Upload a JSONL file; the same bytes uploaded again are the same dataset.

        Args:
            path: The file, one JSON object a line.
            name: Shown in lists; empty takes the file's.
            prompt_column: Key of the question; empty looks for a usual name.
            answer_column: Key of the reference answer; likewise.

        Raises:
            InvalidInputError: the file cannot be read or sent, or lines are wrong, which are named.
        """
        file = Path(path)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise InvalidInputError.of(f"{file} cannot be read: {error.strerror}") from error
        if len(content) > MAX_DATASET_BYTES:
            raise InvalidInputError.of(
                f"{file} has more than {MAX_DATASET_BYTES // 2**20} MiB: split it, or put it under a "
                "worker's AHORA_DATA_ROOT and name it in data.path."
            )
        params = {
            "name": name or file.stem,
            "prompt_column": prompt_column,
            "answer_column": answer_column,
        }
        return self._transport.call(
            DatasetDetail, "POST", "/datasets", params=params, content=content
        )

    def datasets(self) -> list[Dataset]:
        """All datasets, newest first."""
        return self._transport.call(list[Dataset], "GET", "/datasets")

    def dataset(self, dataset_id: str) -> DatasetDetail:
        """A dataset, by id or hash, with its first rows. Raises `NotFoundError`."""
        return self._transport.call(DatasetDetail, "GET", f"/datasets/{part(dataset_id)}")

    def update_dataset(self, dataset_id: str, **changes: Any) -> DatasetDetail:
        """Change `name`, `prompt_column` or `answer_column`; every row is checked for new columns."""
        body = make_body(DatasetUpdate, "The dataset cannot be changed so:", **changes)
        path = f"/datasets/{part(dataset_id)}"
        return self._transport.call(DatasetDetail, "PATCH", path, body=body)

    def delete_dataset(self, dataset_id: str) -> None:
        """Delete a dataset. Raises `ConflictError` while a run that has not ended reads it."""
        self._transport.send("DELETE", f"/datasets/{part(dataset_id)}")
