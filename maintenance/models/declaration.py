"""Declaration: which object declared configuration owns, and under which name."""

from __future__ import annotations

from django.db import models


class Declaration(models.Model):
    """An object that `apply` made or took over, so that it may remove it again.

    There is no reference to the object: where people delete it, this row stays,
    and the next apply makes it again under its old number.
    """

    noun = models.CharField(max_length=32, help_text="The model: reason, service, ...")
    # The constraint has the index.
    name = models.SlugField(db_index=False, help_text="Its name in the document.")
    object_id = models.BigIntegerField()
    owner = models.SlugField(db_index=False, help_text="Whose document declares it.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="declaration_name_is_unique", fields=("noun", "name")
            ),
            models.UniqueConstraint(
                name="declaration_one_an_object", fields=("noun", "object_id")
            ),
        )

    def __str__(self) -> str:
        return f"{self.noun} {self.name}"
