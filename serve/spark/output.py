"""Spark outputs: scores that Spark writes itself, to a folder or a table of its catalogue.

A result is written whole beside the place it is for, and then takes it: a job that is killed leaves
what was there, or the new result, and nothing half.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import DestinationError
from features.files import expand_home, raising_destination_error
from serve.destinations.address import is_address
from serve.destinations.open import SCHEMES
from serve.spark.sources import split_place

if TYPE_CHECKING:
    import pyarrow as pa

_NEW, _OLD = ".leadaccord-new", ".leadaccord-old"
_ROWS = 50_000


@dataclass(frozen=True)
class SparkPlace:
    """A place that Spark writes to.

    Attributes
    ----------
    form : str
        "table", or a format of files.
    place : str
        The name of the table, or the folder.
    name : str
        As the user wrote it.
    """

    form: str
    place: str
    name: str

    def check(self, spark: Any) -> None:
        """Refuse a folder that holds anything but an earlier result.

        Raises
        ------
        DestinationError
        """
        if self.form in ("table", "delta"):
            return
        names = _open_files(spark, self.place).names(self.place)
        strange = [
            name
            for name in names
            if not name.startswith(("part-", ".part-", "_SUCCESS", "._SUCCESS"))
        ]
        if strange:
            raise DestinationError(
                "the folder holds something else than an earlier result",
                where=self.name,
                got=sorted(strange)[0],
                expected="a folder of scores, an empty one, or none",
                next_step="Choose another place with --out",
            )

    def deliver(self, spark: Any, scores: Any) -> None:
        """Write all scores or none.

        Parameters
        ----------
        spark : pyspark.sql.SparkSession
        scores : pyspark.sql.DataFrame
        """
        if self.form == "table":
            _deliver_table(spark, scores, self.place)
        elif self.form == "delta":
            # Delta commits whole or not at all.
            scores.write.format("delta").mode("overwrite").save(self.place)
        else:
            _deliver_folder(_open_files(spark, self.place), scores, self.place, self.form)


def find_spark_place(out: str) -> SparkPlace | None:
    """Return the place that Spark writes to itself; None where it is for other destinations.

    Parameters
    ----------
    out : str
        "table:NAME", "delta:FOLDER", "parquet:FOLDER", the URL of a folder such as
        "s3a://bucket/scores", a folder that is there, or a path that ends in "/".
    """
    if is_address(out) and out.partition("://")[0] in SCHEMES:
        return None
    form, place = split_place(out)
    if form is None and (place.endswith("/") or expand_home(place).is_dir()):
        form = "parquet"
    if form is None:
        return None
    if form != "table" and "://" not in place:
        place = str(expand_home(place).absolute())
    return SparkPlace(form, place.rstrip("/"), out)


def stage_scores(scores: Any, folder: Path) -> Callable[[], Iterator[pa.Table]]:
    """Have Spark write scores where this process can read them, a few at a time.

    Parameters
    ----------
    scores : pyspark.sql.DataFrame
        In their order.
    folder : Path

    Returns
    -------
    callable
        Iterates the scores in order, anew on each call.
    """
    scores.write.mode("overwrite").parquet(str(folder))

    def read() -> Iterator[pa.Table]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        for path in sorted(folder.glob("part-*.parquet")):
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_ROWS):
                    yield pa.Table.from_batches([batch]).replace_schema_metadata(None)

    return read


def _deliver_folder(files: Any, scores: Any, place: str, form: str) -> None:
    new, old = place + _NEW, place + _OLD
    if files.exists(old) and not files.exists(place):
        files.rename(old, place)  # a job was killed just there
    files.remove(old)
    scores.write.format(form).mode("overwrite").save(new)
    if files.exists(place):
        files.rename(place, old)
    files.rename(new, place)
    files.remove(old)


def _deliver_table(spark: Any, scores: Any, name: str) -> None:
    new, old = f"{name}_leadaccord_new", f"{name}_leadaccord_old"
    if spark.catalog.tableExists(old) and not spark.catalog.tableExists(name):
        spark.sql(f"ALTER TABLE {old} RENAME TO {name}")  # a job was killed just there
    spark.sql(f"DROP TABLE IF EXISTS {old}")
    scores.write.mode("overwrite").saveAsTable(new)
    if spark.catalog.tableExists(name):
        spark.sql(f"ALTER TABLE {name} RENAME TO {old}")
    spark.sql(f"ALTER TABLE {new} RENAME TO {name}")
    spark.sql(f"DROP TABLE IF EXISTS {old}")


class _LocalFiles:
    """Folders of this machine."""

    def exists(self, place: str) -> bool:
        return Path(place).exists()

    def names(self, place: str) -> list[str]:
        with raising_destination_error(Path(place)):
            return [path.name for path in Path(place).iterdir()] if self.exists(place) else []

    def rename(self, place: str, to: str) -> None:
        with raising_destination_error(Path(to)):
            Path(place).rename(to)

    def remove(self, place: str) -> None:
        with raising_destination_error(Path(place)):
            if self.exists(place):
                shutil.rmtree(place)


class _HadoopFiles:
    """Folders of any file system that Spark knows, through Hadoop's own interface."""

    def __init__(self, spark: Any, place: str) -> None:
        self._make = spark.sparkContext._jvm.org.apache.hadoop.fs.Path
        configuration = spark.sparkContext._jsc.hadoopConfiguration()
        self._files = self._make(place).getFileSystem(configuration)

    def exists(self, place: str) -> bool:
        return bool(self._files.exists(self._make(place)))

    def names(self, place: str) -> list[str]:
        if not self.exists(place):
            return []
        return [status.getPath().getName() for status in self._files.listStatus(self._make(place))]

    def rename(self, place: str, to: str) -> None:
        if not self._files.rename(self._make(place), self._make(to)):
            raise DestinationError(
                "the result cannot take its place",
                where=to,
                next_step=f"It stands whole in {place}; run the command again",
            )

    def remove(self, place: str) -> None:
        self._files.delete(self._make(place), True)


def _open_files(spark: Any, place: str) -> Any:
    return _HadoopFiles(spark, place) if "://" in place else _LocalFiles()
