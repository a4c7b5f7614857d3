"""An edit of a SKILL.md changes the span that it names and no other character."""

import pytest

from hone.errors import SpliceError, UsageError
from hone.skills import splice

SKILL = """\
---
name: deploy
description: "Deploy the shop."
---

# Deploy

## When to use

When the shop goes to staging.

## Steps

1. Build:
   ```sh
   # Steps
   npm ci
   ```
2. Migrate the database
3. Deploy

## Gotchas

- The health check is at `/health`
- The first connection is
  refused

## Notes of Anna

- ask before Friday
"""


class TestSteps:
    def test_one_is_added_at_the_end(self) -> None:
        assert splice.add_step(SKILL, "Check") == SKILL.replace("3. Deploy\n", "3. Deploy\n4. Check\n")

    def test_one_that_is_put_before_another_takes_its_number(self) -> None:
        added = splice.add_step(SKILL, "Stop the\nworkers", 2)
        assert added == SKILL.replace("2. Mig", "2. Stop the\n   workers\n2. Mig")

    def test_one_past_the_last_number_is_the_end(self) -> None:
        assert splice.add_step(SKILL, "Check", 4) == splice.add_step(SKILL, "Check")

    def test_the_written_numbers_count(self) -> None:
        text = "## Steps\n1. a\n2. b\n2. c\n3. d\n"
        assert splice.add_step(text, "x", 3) == text.replace("3. d", "3. x\n3. d")
        assert splice.add_step(text, "x", 2) == text.replace("2. b", "2. x\n2. b")
        assert splice.add_step(text, "x", 4) == text + "4. x\n"

    @pytest.mark.parametrize("index", [0, 5, -1])
    def test_a_number_that_is_none_is_refused(self, index: int) -> None:
        with pytest.raises(SpliceError, match=f"cannot be number {index}: there are 3"):
            splice.add_step(SKILL, "x", index)

    def test_one_is_replaced_with_its_code(self) -> None:
        replaced = splice.replace_step(SKILL, "Build:", "Build with `make`", 1)
        assert replaced == SKILL.replace(
            "1. Build:\n   ```sh\n   # Steps\n   npm ci\n   ```\n", "1. Build with `make`\n"
        )

    def test_one_is_removed_and_the_others_keep_their_numbers(self) -> None:
        removed = splice.remove_step(SKILL, "Migrate the database")
        assert removed == SKILL.replace("2. Migrate the database\n", "")
        assert splice.add_step(removed, "x", 3) == removed.replace("3. D", "3. x\n3. D")

    def test_a_number_tells_equal_ones_apart(self) -> None:
        text = "## Steps\n1. a\n2. b\n3. a\n"
        assert splice.replace_step(text, "a", "c", 3) == "## Steps\n1. a\n2. b\n3. c\n"
        with pytest.raises(SpliceError, match="2 steps say"):
            splice.remove_step(text, "a")

    def test_a_wrong_number_is_refused(self) -> None:
        with pytest.raises(SpliceError, match="is number 3, not 2"):
            splice.remove_step(SKILL, "Deploy", 2)


class TestOld:
    @pytest.mark.parametrize(
        "old",
        [
            "The first connection is refused",
            "  The first\n connection   is refused ",
            "first connection",
            "- The first connection is\n  refused",
        ],
    )
    def test_it_is_a_text_or_a_part_of_it_whatever_its_white_space(self, old: str) -> None:
        text = splice.replace_gotcha(SKILL, old, "Retry once")
        assert text == SKILL.replace("- The first connection is\n  refused\n", "- Retry once\n")

    def test_the_whole_text_of_an_item_goes_before_a_part_of_another(self) -> None:
        text = "## Gotchas\n- use npm ci\n- use npm\n"
        assert splice.remove_gotcha(text, "use npm") == "## Gotchas\n- use npm ci\n"

    def test_the_nearest_item_is_named_if_none_says_it(self) -> None:
        with pytest.raises(
            SpliceError, match='no gotcha says "The health check is at `/live`"; did you mean'
        ):
            splice.replace_gotcha(SKILL, "The health check is at `/live`", "x")

    def test_a_long_one_is_quoted_in_part(self) -> None:
        with pytest.raises(SpliceError, match=r'^no step says "x+…" \(of 3\)$'):
            splice.remove_step(SKILL, "x" * 500)

    def test_several_that_say_it_are_named(self) -> None:
        with pytest.raises(SpliceError, match=r"2 gotchas say .*The first connection is refused"):
            splice.remove_gotcha(SKILL, "is")

    def test_a_line_of_another_section_or_of_code_is_no_item(self) -> None:
        for old in ("ask before Friday", "Migrate the database"):
            with pytest.raises(SpliceError):
                splice.remove_gotcha(SKILL, old)
        with pytest.raises(SpliceError):
            splice.remove_step("## Steps\n\n```\n1. a\n```\n<!--\n2. b\n-->\n", "a")

    def test_a_nested_item_can_be_named(self) -> None:
        text = "## Steps\n\n1. Build\n   - npm ci\n   - npm test\n2. Deploy\n"
        assert splice.replace_step(text, "npm test", "npm run check") == text.replace(
            "npm test", "npm run check"
        )
        assert splice.replace_step(text, "Build", "Compile") == text.replace("Build", "Compile")
        assert splice.replace_step(text, "npm ci", "x", 1) == text.replace("npm ci", "x")
        assert splice.remove_step(text, "Build") == "## Steps\n\n2. Deploy\n"
        assert (
            splice.replace_step(text, "Build - npm ci - npm test", "All") == "## Steps\n\n1. All\n2. Deploy\n"
        )

    def test_what_a_person_nested_in_an_item_stays_when_the_rest_is_replaced(self) -> None:
        text = "## Steps\n1. Build\n   - npm ci\n   - my own note\n"
        assert splice.replace_step(text, "Build\n- npm ci", "x") == "## Steps\n1. x\n   - my own note\n"

    def test_lists_nested_very_deep_are_text(self) -> None:
        text = "## Steps\n" + "".join(f"{'  ' * depth}- level {depth}\n" for depth in range(12))
        assert splice.replace_step(text, "level 6", "x") == text.replace("level 6", "x")
        assert splice.replace_step(text, "level 9", "x") == text[: text.index("level 7")] + "x\n"

    def test_a_line_that_is_wrapped_without_indentation_belongs_to_its_item(self) -> None:
        text = "## Gotchas\n- the server refuses\nthe first connection\n- b\n"
        assert splice.replace_gotcha(text, "refuses the first", "x") == "## Gotchas\n- x\n- b\n"
        assert splice.replace_gotcha(text, "the server refuses", "x") == text.replace(
            "the server refuses", "x"
        )


class TestGotchas:
    def test_one_is_added_at_the_end_of_its_section(self) -> None:
        assert splice.add_gotcha(SKILL, "new\nline") == SKILL.replace(
            "  refused\n", "  refused\n- new\n  line\n"
        )

    def test_the_section_is_made_behind_the_steps(self) -> None:
        text = SKILL[: SKILL.index("## Gotchas")] + SKILL[SKILL.index("## Notes") :]
        assert splice.add_gotcha(text, "x") == text.replace("## Notes", "## Gotchas\n\n- x\n\n## Notes")

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Just words.\n", "Just words.\n\n## Gotchas\n\n- x\n"),
            ("Just words.", "Just words.\n\n## Gotchas\n\n- x"),
            ("", "## Gotchas\n\n- x\n"),
            ("---\nname: a\n---", "---\nname: a\n---\n\n## Gotchas\n\n- x"),
            ("### Steps\n1. a\n\n\n# End\n", "### Steps\n1. a\n\n### Gotchas\n\n- x\n\n\n# End\n"),
            ("# When to use\nfoo\n", "# When to use\nfoo\n\n# Gotchas\n\n- x\n"),
        ],
    )
    def test_the_section_is_made_at_the_end_if_there_is_no_other(self, text: str, expected: str) -> None:
        assert splice.add_gotcha(text, "x") == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("## Gotchas\n", "## Gotchas\n\n- x\n"),
            ("## Gotchas\n## End\n", "## Gotchas\n\n- x\n\n## End\n"),
            ("## Gotchas\n\nSome words.\n\n## End\n", "## Gotchas\n\nSome words.\n\n- x\n\n## End\n"),
            ("## Gotchas\nwords\n    - go on\n", "## Gotchas\nwords\n    - go on\n\n- x\n"),
            ("## Gotchas\n\n### Old\nwords\n", "## Gotchas\n\n- x\n\n### Old\nwords\n"),
            ("## gotchas:\n* a\n\n* b\n\n---\n", "## gotchas:\n* a\n\n* b\n\n* x\n\n---\n"),
            ("Gotchas\n-------\n+  a", "Gotchas\n-------\n+  a\n+  x"),
            ("## Gotchas\n- a\n### More\n- b\n", "## Gotchas\n- a\n- x\n### More\n- b\n"),
            (
                "## Gotchas\n### Network\n- a\n### Disk\n- b\n",
                "## Gotchas\n### Network\n- a\n### Disk\n- b\n- x\n",
            ),
            ("## Gotchas\n- do:\n```\ny\n```\n\n## E\n", "## Gotchas\n- do:\n```\ny\n```\n- x\n\n## E\n"),
            ("## Gotchas\n### N\n- do:\n```\ny\n```\n\n", "## Gotchas\n### N\n- do:\n```\ny\n```\n- x\n\n"),
            ("## Gotchas\r\n- a\r\n", "## Gotchas\r\n- a\r\n- x\r\n"),
            ("\ufeff## Gotchas\n- a\n", "\ufeff## Gotchas\n- a\n- x\n"),
            ("## Common words\n## Gotchas of CI\n- a\n## Gotchas\n- b\n", None),
        ],
    )
    def test_the_section_is_found_however_it_is_written(self, text: str, expected: str | None) -> None:
        assert splice.add_gotcha(text, "x") == (expected or text + "- x\n")

    def test_a_removed_one_leaves_the_rest_as_it_is(self) -> None:
        removed = splice.remove_gotcha(SKILL, "The health check is at `/health`")
        assert removed == SKILL.replace("- The health check is at `/health`\n", "")
        assert splice.add_gotcha(splice.remove_gotcha("## Gotchas\n- a", "a"), "b") == "## Gotchas\n\n- b\n"


class TestStyle:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("## steps\n1) a\n2) b\n", "## steps\n1) a\n2) b\n3) x\n   y\n"),
            ("#### Steps to deploy\n1. a\n1. b\n", "#### Steps to deploy\n1. a\n1. b\n1. x\n   y\n"),
            ("## Steps\n9.  a\n10. b\n", "## Steps\n9.  a\n10. b\n11. x\n    y\n"),
            ("## Steps\n*\ta\n", "## Steps\n*\ta\n*\tx\n    y\n"),
            ("## Steps\n 1. a\n\n 2. b\n\nEnd.\n", "## Steps\n 1. a\n\n 2. b\n\n 3. x\n    y\n\nEnd.\n"),
            ("## Steps\nYou need:\n- node\n\n1. a\n\nSee:\n- docs\n", None),
            (
                "## When to use\nfoo\n\n## Notes\n",
                "## When to use\nfoo\n\n## Steps\n\n1. x\n   y\n\n## Notes\n",
            ),
            ("# T\n\n## Gotchas\n- a\n", "# T\n\n## Steps\n\n1. x\n   y\n\n## Gotchas\n- a\n"),
            ("# Steps to deploy\n\nfoo\n", "# Steps to deploy\n\nfoo\n\n## Steps\n\n1. x\n   y\n"),
        ],
    )
    def test_a_new_step_looks_like_the_others(self, text: str, expected: str | None) -> None:
        assert splice.add_step(text, "x\ny") == (expected or text.replace("1. a\n", "1. a\n2. x\n   y\n"))

    def test_a_list_with_one_number_is_counted_by_place(self) -> None:
        assert splice.add_step("## Steps\n1. a\n1. b\n", "x", 2) == "## Steps\n1. a\n1. x\n1. b\n"
        assert splice.add_step("## Steps\n- a\n\n- b\n", "x", 2) == "## Steps\n- a\n\n- x\n\n- b\n"

    def test_a_replaced_item_keeps_its_bullet_and_the_space_behind_it(self) -> None:
        assert (
            splice.replace_step("## Steps\n  3)  a  \r\n", "a", "b\nc") == "## Steps\n  3)  b\n      c  \r\n"
        )
        assert splice.replace_gotcha("## Gotchas\r\n- a\r\n", "a", "b\nc") == "## Gotchas\r\n- b\r\n  c\r\n"

    def test_code_with_tabs_is_found(self) -> None:
        text = "## Steps\n1. make:\n\t```\n\tall:\n\t\tcc x\n\t```\n2. b\n"
        assert splice.remove_step(text, "make: ``` all: cc x ```") == "## Steps\n2. b\n"


class TestUnclosed:
    def test_nothing_is_written_behind_a_code_block_that_is_not_closed(self) -> None:
        text = "## Gotchas\n- a\n\n## When to use\n```\nfoo\n"
        with pytest.raises(SpliceError, match="line 5 opens a code block"):
            splice.set_when(text, "x")
        with pytest.raises(SpliceError, match="line 5"):
            splice.add_step(text, "x")
        assert splice.add_gotcha(text, "x") == text.replace("- a\n", "- a\n- x\n")

    def test_code_in_an_item_ends_with_the_item(self) -> None:
        text = "## Steps\n1. a\n   ```\n   b\n2. c\n"
        assert splice.add_step(text, "x") == text + "3. x\n"
        assert splice.add_gotcha("## Steps\n1. a\n   ```\nb", "x").endswith("\nb\n\n## Gotchas\n\n- x")

    def test_code_in_an_item_may_stand_at_the_margin(self) -> None:
        text = "## Steps\n1. a\n   ```\nnpm ci\n   ```\n2. c\n"
        assert splice.remove_step(text, "c") == text.replace("2. c\n", "")

    def test_frontmatter_that_is_not_closed_is_refused(self) -> None:
        for edit in (splice.set_when, splice.set_description, splice.add_step):
            with pytest.raises(SpliceError, match="not closed"):
                edit("---\nname: a\n", "x")


class TestWhen:
    def test_the_text_is_replaced(self) -> None:
        text = splice.set_when(SKILL, "Now.\n\n# Not a heading")
        assert text == SKILL.replace("When the shop goes to staging.", "Now.\n\n\\# Not a heading")

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("# T\n\nfoo\n\n## Steps\n1. a\n", "# T\n\nfoo\n\n## When to use\n\nx\n\n## Steps\n1. a\n"),
            ("# T\n", "# T\n\n## When to use\n\nx\n"),
            ("## When to use\n\n## Steps\n", "## When to use\n\nx\n\n## Steps\n"),
            (
                "## WHEN TO USE this\nfoo\n\nbar  \n\n### Not\nbaz\n",
                "## WHEN TO USE this\nx  \n\n### Not\nbaz\n",
            ),
        ],
    )
    def test_the_section_is_made_or_filled(self, text: str, expected: str) -> None:
        assert splice.set_when(text, "x") == expected

    def test_an_empty_text_is_refused(self) -> None:
        with pytest.raises(UsageError, match="empty"):
            splice.set_when(SKILL, " \n")


class TestDescription:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("description: old # mine", 'description: "new: x" # mine'),
            ("description: >-\n  old\n  text\n\n# mine", 'description: "new: x"\n\n# mine'),
            ("description: 'old\n  text'", 'description: "new: x"'),
            ("description:\n  old", 'description:\n  "new: x"'),
            ("description:", 'description: "new: x"'),
            ("description: use when: a\n  b", 'description: "new: x"'),
            ("description: a\ndescription: b", 'description: a\ndescription: "new: x"'),
            ("license: x", 'license: x\nmetadata: {a: "b"}\ndescription: "new: x"'),
        ],
    )
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_only_its_text_changes(self, written: str, expected: str, mark: str) -> None:
        rest = '\nmetadata: {a: "b"}\n'
        text = f"{mark}---\nname:   deploy\n{written}{rest}---\n\ndescription: body\n"
        wanted = expected if "metadata" in expected else expected + rest.rstrip("\n")
        assert splice.set_description(text, "new: x") == text.replace(f"{written}{rest}", f"{wanted}\n")

    def test_line_ends_stay(self) -> None:
        text = "---\r\nname: a\r\ndescription: old\r\n---\r\nbody\r\n"
        assert splice.set_description(text, "new") == text.replace("old", '"new"')
        text = "---\r\nname: a\r\n---\r\n"
        assert splice.set_description(text, "new") == '---\r\nname: a\r\ndescription: "new"\r\n---\r\n'

    def test_one_that_says_so_already_stays_as_it_is_written(self) -> None:
        text = "---\nname: a\ndescription: >-\n  old\n  words\n---\n"
        assert splice.set_description(text, "old words") == text

    @pytest.mark.parametrize(
        "text",
        [
            "# No frontmatter\n",
            "---\n- a\n---\n",
            "---\nlicense: &a x\ndescription: *a\n---\n",
            "---\ndescription: use: a\nmore words: b\n---\n",
            "---\ndescription: [a]\nname: {\n---\n",
        ],
    )
    def test_what_cannot_be_set_alone_is_refused(self, text: str) -> None:
        with pytest.raises(SpliceError):
            splice.set_description(text, "new")

    @pytest.mark.parametrize("value", ["", " \n", "x" * 1025])
    def test_one_is_never_cut(self, value: str) -> None:
        with pytest.raises(UsageError, match="1,024"):
            splice.set_description(SKILL, value)
