"""Source text of random statements, written from the trees of `fuzz_grammar`."""

from __future__ import annotations

from string import Template

from tests.fuzz_expressions import Expressions, Scope
from tests.fuzz_grammar import ALL_IDIOMS, CARRIED, KEYED, Tree

LEAVING = ("return", "leave", "if", "elif", "for", "while", "try", "finally", "match", "cleaned")
"""Statements that may leave what is around them, or have others that may."""
NEW = ("v1", "v2", "ys1", "ys2", "f", "g", "i", "j", "k", "m")
"""Names that an idiom brings with it."""


class Writer(Expressions):
    """Source text of a program from its tree."""

    def function(self, header: str, scope: Scope, body: list[Tree], result: Tree) -> None:
        self.put(0, f"def {header}:")
        self.block(1, scope, body)
        # All that was computed counts, so that little of a program is dead.
        total = [self.value(scope, result), *scope.floats]
        total += [f"sum({name})" for name in scope.lists]
        total += [f"sum({name}.values())" for name in scope.dicts]
        total += [f"{name}.total + {name}.rate" for name in scope.objects]
        self.put(1, f"return {' + '.join(total)}")

    def block(self, depth: int, scope: Scope, body: list[Tree]) -> None:
        for kind, *parts in body:
            method = getattr(self, "write_" + kind.replace(" ", "_"))
            method(depth, scope, *parts)
        if not body:
            self.put(depth, "pass")

    def write_assign(self, depth: int, scope: Scope, number: int, value: Tree) -> None:
        text = self.value(scope, value)
        self.put(depth, f"{self.value_variable(scope, number)} = {text}")

    def write_new(self, depth: int, scope: Scope, value: Tree) -> None:
        text, name = self.value(scope, value), self.fresh("v")
        self.put(depth, f"{name} = {text}")
        scope.floats.append(name)

    def write_update(
        self, depth: int, scope: Scope, number: int, operator: str, value: Tree
    ) -> None:
        name = self.value_variable(scope, number)
        self.put(depth, f"{name} {operator} {self.value(scope, value)}")

    def write_swap(self, depth: int, scope: Scope, left: int, right: int) -> None:
        first, second = self.value_variable(scope, left), self.value_variable(scope, right)
        self.put(depth, f"{first}, {second} = {second}, {first}")

    def write_pair(
        self, depth: int, scope: Scope, left: int, right: int, one: Tree, two: Tree
    ) -> None:
        names = f"{self.value_variable(scope, left)}, {self.value_variable(scope, right)}"
        self.put(depth, f"{names} = {self.value(scope, one)}, {self.value(scope, two)}")

    def write_new_list(self, depth: int, scope: Scope, one: Tree, two: Tree) -> None:
        items = f"{self.value(scope, one)}, {self.value(scope, two)}"
        name = self.fresh("ys")
        self.put(depth, f"{name} = [{items}]")
        scope.lists.append(name)

    def write_alias(self, depth: int, scope: Scope, number: int) -> None:
        if not scope.lists:
            return self.put(depth, "pass")
        old, name = scope.lists[number % len(scope.lists)], self.fresh("zs")
        self.put(depth, f"{name} = {old}")
        scope.lists.append(name)
        if old in scope.iterated:
            scope.iterated += (name,)

    def write_rebind_list(self, depth: int, scope: Scope, left: int, right: int) -> None:
        names = [name for name in scope.lists if "[" not in name and name not in scope.iterated]
        if not names or scope.iterated:
            return self.put(depth, "pass")
        old = scope.lists[right % len(scope.lists)]
        self.put(depth, f"{names[left % len(names)]} = {old}")

    def write_append(self, depth: int, scope: Scope, number: int, value: Tree) -> None:
        name = scope.lists[number % len(scope.lists)] if scope.lists else None
        # A list that grows while it is iterated over, under whatever name, has no end.
        if name is None or scope.iterated:
            return self.write_update(depth, scope, number, "+=", value)
        self.put(depth, f"{name}.append({self.value(scope, value)})")

    def write_set_item(
        self, depth: int, scope: Scope, number: int, index: int, value: Tree
    ) -> None:
        if not scope.lists:
            return self.write_assign(depth, scope, number, value)
        self.put(depth, f"{self.value_item(scope, number, index)} = {self.value(scope, value)}")

    def write_update_item(
        self, depth: int, scope: Scope, number: int, index: int, operator: str, value: Tree
    ) -> None:
        if not scope.lists:
            return self.write_update(depth, scope, number, operator, value)
        item = self.value_moving_item(scope, number) if index == 2 else None
        item = item or self.value_item(scope, number, index)
        self.put(depth, f"{item} {operator} {self.value(scope, value)}")

    def write_swap_items(self, depth: int, scope: Scope, number: int) -> None:
        if not scope.lists:
            return self.write_swap(depth, scope, number, number + 1)
        name = scope.lists[number % len(scope.lists)]
        self.put(depth, f"{name}[0], {name}[-1] = {name}[-1], {name}[0]")

    def write_dict(self, depth: int, scope: Scope, one: Tree, two: Tree) -> None:
        entries = f"'a': {self.value(scope, one)}, 'b': {self.value(scope, two)}"
        name = self.fresh("d")
        self.put(depth, f"{name} = {{{entries}}}")
        scope.dicts.append(name)

    def write_set_entry(
        self, depth: int, scope: Scope, number: int, key: str, operator: str, value: Tree
    ) -> None:
        if not scope.dicts:
            return self.write_update(depth, scope, number, operator, value)
        name = scope.dicts[number % len(scope.dicts)]
        operator = "=" if number == 7 else operator
        self.put(depth, f"{name}[{key!r}] {operator} {self.value(scope, value)}")

    def write_sum_entries(self, depth: int, scope: Scope, number: int) -> None:
        if not scope.dicts:
            return self.put(depth, "pass")
        total, key, entry = self.fresh("v"), self.fresh("key"), self.fresh("entry")
        self.put(depth, f"{total} = 0.0")
        name = scope.dicts[number % len(scope.dicts)]
        self.put(depth, f"for {key}, {entry} in {name}.items():")
        self.put(depth + 1, f"{total} += {entry} * (2.0 if {key} == 'a' else {entry})")
        scope.floats.append(total)

    def write_object(self, depth: int, scope: Scope, one: Tree, two: Tree) -> None:
        text, name = f"{self.value(scope, one)}, rate={self.value(scope, two)}", self.fresh("o")
        self.put(depth, f"{name} = Body({text})")
        scope.objects.append(name)

    def write_set_attribute(
        self, depth: int, scope: Scope, number: int, operator: str, value: Tree
    ) -> None:
        if not scope.objects:
            return self.write_update(depth, scope, number, operator, value)
        name = scope.objects[number % len(scope.objects)]
        self.put(depth, f"{name}.total {operator} {self.value(scope, value)}")

    def write_step(self, depth: int, scope: Scope, number: int, value: Tree) -> None:
        if not scope.objects:
            return self.write_assign(depth, scope, number, value)
        text, name = self.value(scope, value), self.fresh("v")
        self.put(depth, f"{name} = {scope.objects[number % len(scope.objects)]}.moved({text})")
        scope.floats.append(name)

    def write_nonlocal(
        self, depth: int, scope: Scope, number: int, operator: str, value: Tree, other: Tree
    ) -> None:
        outer, name = self.value_variable(scope, number), self.fresh("bump")
        one, two, result = self.fresh("p"), self.fresh("q"), self.fresh("v")
        inside = scope.inner(floats=[*scope.floats, one, two])
        text = self.value(scope, other)
        self.put(depth, f"def {name}({one}, {two}=0.2):")
        self.put(depth + 1, f"nonlocal {outer}")
        self.put(depth + 1, f"{outer} {operator} {self.value(inside, value)}")
        self.put(depth + 1, f"return {one} * {outer} + {two}")
        self.put(depth, f"{result} = {name}({text})")
        scope.floats.append(result)
        scope.calls.append(name)

    def write_starred(self, depth: int, scope: Scope, number: int) -> None:
        if not scope.lists:
            return self.put(depth, "pass")
        rest, last = self.fresh("rest"), self.fresh("v")
        name = scope.lists[number % len(scope.lists)]
        self.put(depth, f"*{rest}, {last} = [0.7, *{name}]")
        scope.floats.append(last)
        scope.lists.append(rest)

    def write_chained(self, depth: int, scope: Scope, number: int, value: Tree) -> None:
        text, name = self.value(scope, value), self.fresh("v")
        self.put(depth, f"{name} = {self.value_variable(scope, number)} = {text}")
        scope.floats.append(name)

    def write_rows(self, depth: int, scope: Scope, one: Tree, two: Tree) -> None:
        text = f"[[{self.value(scope, one)}, 0.5], [1.5, {self.value(scope, two)}]]"
        name, row, total = self.fresh("rows"), self.fresh("row"), self.fresh("v")
        self.put(depth, f"{name} = {text}")
        self.put(depth, f"{name}[0][1] += {name}[1][0] * {name}[0][0]")
        self.put(depth, f"{total} = sum(sum({row}) for {row} in {name})")
        scope.floats.append(total)
        scope.lists.append(f"{name}[1]")

    def write_divided(self, depth: int, scope: Scope, value: Tree) -> None:
        text, count, rest = self.value(scope, value), self.fresh("v"), self.fresh("v")
        self.put(depth, f"{count}, {rest} = divmod({text}, 1.3)")
        scope.floats += [count, rest]

    def write_forever(self, depth: int, scope: Scope, test: Tree, value: Tree) -> None:
        counter, total = self.fresh("k"), self.fresh("v")
        self.put(depth, f"{counter}, {total} = 0, 0.5")
        self.put(depth, "while True:")
        inner = scope.inner(floats=[*scope.floats, total])
        self.put(depth + 1, f"{total} = 0.5 * {total} + {self.value(inner, value)}")
        self.put(depth + 1, f"{counter} += 1")
        self.put(depth + 1, f"if {counter} > n or {self.test(inner, test)}:")
        self.put(depth + 2, "break")
        scope.floats.append(total)

    def write_finally(
        self,
        depth: int,
        scope: Scope,
        pattern: str,
        value: Tree,
        after: list[Tree],
        handler: list[Tree],
    ) -> None:
        name = self.fresh("r")
        self.put(depth, "try:")
        self.put(depth + 1, f"{name} = {pattern.format(f'({self.value(scope, value)})')}")
        self.put(depth, "except (ArithmeticError, ValueError, TypeError):")
        self.block(depth + 1, scope.inner(), handler)
        self.put(depth + 1, f"{name} = {self.value_variable(scope, len(handler))}")
        self.put(depth, "else:")
        self.put(depth + 1, f"{name} *= 1.5")
        self.block(depth + 1, scope.inner(floats=[*scope.floats, name]), after)
        self.put(depth, "finally:")
        self.put(depth + 1, f"{self.value_variable(scope, len(after))} += 0.25")
        scope.floats.append(name)

    def write_match(self, depth: int, scope: Scope, body: list[Tree], other: list[Tree]) -> None:
        self.put(depth, "match kind:")
        self.put(depth + 1, "case 'soft' | 'hard':")
        self.block(depth + 2, scope.inner(), body)
        self.put(depth + 1, "case _:")
        self.block(depth + 2, scope.inner(), other)

    def write_flag(self, depth: int, scope: Scope, test: Tree) -> None:
        text, name = self.test(scope, test), self.fresh("flag")
        self.put(depth, f"{name} = {text}")
        scope.flags.append(name)

    def write_closure(self, depth: int, scope: Scope, value: Tree) -> None:
        name, one, two = self.fresh("inner"), self.fresh("p"), self.fresh("q")
        # It sees what the variables outside hold when it is called, not now.
        inside = scope.inner(floats=[*scope.floats, one, two])
        self.put(depth, f"def {name}({one}, {two}=0.3):")
        self.put(depth + 1, f"return {self.value(inside, value)}")
        scope.calls.append(name)

    def write_return(self, depth: int, scope: Scope, test: Tree, value: Tree) -> None:
        self.put(depth, f"if {self.test(scope, test)}:")
        self.put(depth + 1, f"return {self.value(scope, value)}")

    def write_leave(self, depth: int, scope: Scope, word: str, test: Tree) -> None:
        if not scope.in_loop:
            return self.put(depth, "pass")
        self.put(depth, f"if {self.test(scope, test)}:")
        self.put(depth + 1, word)

    def write_if(
        self, depth: int, scope: Scope, test: Tree, body: list[Tree], other: list[Tree]
    ) -> None:
        self.put(depth, f"if {self.test(scope, test)}:")
        self.block(depth + 1, scope.inner(), body)
        if other:
            self.put(depth, "else:")
            self.block(depth + 1, scope.inner(), other)

    def write_elif(
        self,
        depth: int,
        scope: Scope,
        test: Tree,
        second: Tree,
        body: list[Tree],
        middle: list[Tree],
        other: list[Tree],
    ) -> None:
        self.put(depth, f"if {self.test(scope, test)}:")
        self.block(depth + 1, scope.inner(), body)
        self.put(depth, f"elif {self.test(scope, second)}:")
        self.block(depth + 1, scope.inner(), middle)
        if other:
            self.put(depth, "else:")
            self.block(depth + 1, scope.inner(), other)

    def write_for(
        self,
        depth: int,
        scope: Scope,
        kind: int,
        number: int,
        body: list[Tree],
        other: list[Tree],
    ) -> None:
        inner = scope.inner(in_loop=True)
        name = scope.lists[number % len(scope.lists)] if scope.lists and kind > 2 else None
        if name is None:
            counter = self.fresh("i")
            count = ("n", "n + 1", "3")[kind % 3]
            self.put(depth, f"for {counter} in range({count}):")
            inner.counters.append(counter)
        else:
            item = self.fresh("item")
            inner.floats.append(item)
            inner.iterated += (name,)
            if kind % 2:
                self.put(depth, f"for {item} in {name}:")
            else:
                counter = self.fresh("i")
                inner.counters.append(counter)
                self.put(depth, f"for {counter}, {item} in enumerate({name}):")
        self.block(depth + 1, inner, body)
        if other:
            self.put(depth, "else:")
            self.block(depth + 1, scope.inner(), other)

    def write_while(
        self, depth: int, scope: Scope, test: Tree, body: list[Tree], other: list[Tree]
    ) -> None:
        counter = self.fresh("k")
        self.put(depth, f"{counter} = 0")
        self.put(depth, f"while {counter} < n + 2 and ({self.test(scope, test)}):")
        self.put(depth + 1, f"{counter} += 1")
        inner = scope.inner(in_loop=True, counters=[*scope.counters, counter])
        self.block(depth + 1, inner, body)
        if other:
            self.put(depth, "else:")
            self.block(depth + 1, scope.inner(), other)

    def write_try(
        self,
        depth: int,
        scope: Scope,
        pattern: str,
        value: Tree,
        before: list[Tree],
        handler: list[Tree],
    ) -> None:
        name = self.fresh("r")
        self.put(depth, "try:")
        self.block(depth + 1, scope.inner(), before)
        risky = pattern.format(f"({self.value(scope, value)})")
        self.put(depth + 1, f"{name} = {risky}")
        self.put(depth, "except (ValueError, ZeroDivisionError, OverflowError, TypeError):")
        self.block(depth + 1, scope.inner(), handler)
        self.put(depth + 1, f"{name} = {self.value_variable(scope, len(before))}")
        scope.floats.append(name)

    # Statements that leave a clean-up, and names that a loop binds first.

    def write_pop(self, depth: int, scope: Scope, number: int, index: int) -> None:
        """An entry taken out of a list that is long enough without it."""
        if not scope.lists or scope.iterated:
            return self.put(depth, "pass")
        name, taken = scope.lists[number % len(scope.lists)], self.fresh("v")
        place = ("", "0", "-2", "1", "-1")[index + 2]
        self.put(depth, f"{taken} = {name}.pop({place}) if len({name}) > 2 else {name}[0]")
        scope.floats.append(taken)

    def write_attempted_writes(
        self, depth: int, scope: Scope, number: int, pattern: str, one: Tree, two: Tree
    ) -> None:
        """A list that is written to and grows where the body may raise."""
        if not scope.lists or scope.iterated:
            return self.write_assign(depth, scope, number, one)
        name = scope.lists[number % len(scope.lists)]
        first, second = self.value(scope, one), self.value(scope, two)
        self.put(depth, "try:")
        self.put(depth + 1, f"{name}[0] = {pattern.format(f'({first})')}")
        self.put(depth + 1, f"{name}.append({pattern.format(f'({second})')})")
        self.put(depth, "except (ArithmeticError, ValueError, TypeError):")
        self.put(depth + 1, f"{name}[-1] *= 0.5")

    def write_cleaned(
        self,
        depth: int,
        scope: Scope,
        word: str,
        test: Tree,
        value: Tree,
        body: list[Tree],
        last: list[Tree],
    ) -> None:
        """A block that is left early, behind which a clean-up runs."""
        self.put(depth, "try:")
        inner = scope.inner()
        self.block(depth + 1, inner, body)
        self.put(depth + 1, f"if {self.test(inner, test)}:")
        word = word if word == "return" or scope.in_loop else "return"
        self.put(depth + 2, f"return {self.value(inner, value)}" if word == "return" else word)
        self.put(depth + 1, f"{self.value_variable(scope, len(last))} *= 0.9")
        self.put(depth, "finally:")
        # A clean-up that leaves by itself hides what was raised.
        quiet = [tree for tree in last if tree[0] not in LEAVING]
        self.block(depth + 1, scope.inner(in_loop=False), quiet)

    def write_local_state(
        self, depth: int, scope: Scope, number: int, operator: str, value: Tree, test: Tree
    ) -> None:
        """A function inside that changes a number and a list around it, and is called in a loop."""
        outer, name = self.value_variable(scope, number), self.fresh("grow")
        kept, counter, one = self.fresh("ys"), self.fresh("i"), self.fresh("p")
        inside = scope.inner(floats=[*scope.floats, one], in_loop=False)
        self.put(depth, f"{kept} = [{outer}, 0.5]")
        self.put(depth, f"def {name}({one}):")
        self.put(depth + 1, f"nonlocal {outer}")
        self.put(depth + 1, f"if {self.test(inside, test)}:")
        self.put(depth + 2, f"{kept}.append({outer})")
        self.put(depth + 2, f"return {one}")
        self.put(depth + 1, f"{outer} {operator} {self.value(inside, value)}")
        self.put(depth + 1, f"{kept}[-1] += sin({outer})")
        self.put(depth + 1, f"return {outer} * {one}")
        self.put(depth, f"for {counter} in range(n):")
        self.put(depth + 1, f"{outer} += 0.3 * tanh({name}({kept}[0] + {counter}))")
        scope.lists.append(kept)

    def write_dict_update(
        self, depth: int, scope: Scope, number: int, form: str, value: Tree
    ) -> None:
        if not scope.dicts:
            return self.write_update(depth, scope, number, "+=", value)
        name = scope.dicts[number % len(scope.dicts)]
        variable = self.value_variable(scope, number)
        text = form.format(name=name, value=self.value(scope, value), variable=variable)
        self.put(depth, text)

    def write_cycle(self, depth: int, scope: Scope, *numbers: int) -> None:
        names = [self.value_variable(scope, number) for number in numbers]
        self.put(depth, f"{', '.join(names)} = {', '.join(names[1:] + names[:1])}")

    def write_kinds_in_loop(
        self, depth: int, scope: Scope, number: int, value: Tree, other: Tree
    ) -> None:
        """A name that holds something else before a loop than its steps leave."""
        before, reads, leaves = CARRIED[(number * 3 + len(scope.floats)) % len(CARRIED)]
        counter, total, carried = self.fresh("k"), self.fresh("v"), self.fresh("c")
        given = {"c": carried, "t": total, "k": counter}
        self.put(depth, f"{carried} = {before.format(v=self.value(scope, value), **given)}")
        self.put(depth, f"{total} = 0.5")
        self.put(depth, f"for {counter} in range(n + {number % 2}):")
        inner = scope.inner(floats=[*scope.floats, total], in_loop=True)
        text = f"({self.value(inner, other)})"
        for line in (reads, *leaves.split("; ")):
            self.put(depth + 1, line.format(v=text, **given))
        scope.floats.append(total)

    def write_keyed(self, depth: int, scope: Scope, number: int, value: Tree, other: Tree) -> None:
        """A dict that gets its keys in a loop."""
        made, step, read = KEYED[(number * 2 + len(scope.floats)) % len(KEYED)]
        name, key, total = self.fresh("d"), self.fresh("k"), self.fresh("v")
        given = {"d": name, "t": total}
        first = f"({self.value(scope, value)})"
        self.put(depth, f"{name} = {made.format(v=first, **given)}")
        self.put(depth, f"{total} = 0.5")
        inner = scope.inner(floats=[*scope.floats, total], in_loop=True)
        text = f"({self.value(inner, other)})"
        self.put(depth, f"for {key} in range(n + {number % 2}):")
        place = key if number % 4 < 2 or "+ 1" in step else f"({key} % 2)"
        self.put(depth + 1, step.format(v=text, k=place, **given))
        self.put(depth, f"{total} += {read.format(**given)}")
        scope.floats.append(total)

    def write_bound_in_loop(
        self, depth: int, scope: Scope, word: str, test: Tree, value: Tree, other: Tree
    ) -> None:
        """Names that only a loop binds, read in its next step and behind it."""
        counter, new, late = self.fresh("k"), self.fresh("v"), self.fresh("v")
        inner = scope.inner(floats=[*scope.floats, new, late], in_loop=True)
        first, again = self.value(scope, value), self.value(inner, other)
        if word == "for":
            self.put(depth, f"for {counter} in range(n + 1):")
        else:
            self.put(depth, f"{counter} = -1")
            self.put(depth, f"while {counter} < n:")
            self.put(depth + 1, f"{counter} += 1")
        self.put(depth + 1, f"if {counter} == 0:")
        self.put(depth + 2, f"{new} = {late} = {first}")
        self.put(depth + 1, "else:")
        self.put(depth + 2, f"{late} = {new} * 0.7 + {late} ** 2 * 0.1")
        self.put(depth + 2, f"{new} = {again}")
        self.put(depth + 1, f"if {self.test(inner, test)}:")
        self.put(depth + 2, "break")
        scope.floats += [new, late]

    def write_idiom(
        self,
        depth: int,
        scope: Scope,
        idiom: int,
        number: int,
        one: Tree,
        two: Tree,
        test: Tree,
    ) -> None:
        """Lines of an idiom, whose holes are filled with what is in scope."""
        text = ALL_IDIOMS[idiom]
        if "$xs" in text and (not scope.lists or scope.iterated):
            return self.write_update(depth, scope, number, "+=", one)
        new = {name: self.fresh(name.rstrip("12")) for name in NEW if f"${name}" in text}
        variables = [new[name] for name in ("v1", "v2") if name in new]
        inner = scope.inner(floats=[*scope.floats, *variables[:1]])
        values = {
            "a": f"({self.value(scope, one)})",
            "b": f"({self.value(scope, two)})",
            "c": f"({self.test(scope, test)})",
            "s": f"({self.value(inner, two)})",
            "t": f"({self.test(inner, test)})",
            "x": self.value_variable(scope, number),
            "xs": scope.lists[number % len(scope.lists)] if scope.lists else "",
        }
        for hole in "ab" if " for " in text else "":
            if ":=" in values[hole]:
                # What a comprehension goes over may bind no name.
                name = self.fresh("w")
                self.put(depth, f"{name} = {values[hole]}")
                values[hole] = name
        for line in Template(text).substitute(new, **values).split("\n"):
            self.put(depth, line)
        scope.floats += variables
        scope.lists += [new[name] for name in ("ys1", "ys2") if name in new]
