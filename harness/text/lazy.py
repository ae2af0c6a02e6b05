"""A property that is worked out once: functools' own takes a lock, which costs more than most of these do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functools import cached_property as lazy
else:

    class lazy:  # noqa: N801
        """Call a method when its name is first asked for, and put what it returns in its place."""

        def __init__(self, method: Any) -> None:
            self.method, self.__doc__ = method, method.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            found = instance.__dict__[self.name] = self.method(instance)
            return found


__all__ = ["lazy"]
