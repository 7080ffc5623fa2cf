"""An answer read once: thoughts, special tokens, the shape of its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from describer.answers.json_lines import json_lines
from describer.answers.reading import AnswerShape, read_answer

THOUGHTS = {
    "opened and closed": "<think>hm</think>A cat.",
    "closed alone, on a line": "hm\n</think>\n\nA cat.",
    "closed alone, behind a sentence": "It is a cat, so I say so.</think>A cat.",
    "thinking": "<thinking>hm</thinking>\nA cat.",
    "a capital": "<Think>hm</Think>A cat.",
    "thought": "<thought>hm</thought>A cat.",
    "Kimi-VL": "◁think▷hm◁/think▷A cat.",
    "Seed": "<seed:think>hm</seed:think>A cat.",
    "LongCat": "<longcat_think>hm</longcat_think>A cat.",
    "Sky-T1": "<|begin_of_thought|>hm<|end_of_thought|>\n<|begin_of_solution|>A cat.<|end_of_solution|>",
    "Magistral": "[THINK]hm[/THINK]A cat.",
    "Cohere": "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>A cat.<|END_RESPONSE|>",
    "MedGemma": "<unused94>thought\nhm<unused95>A cat.",
    "gpt-oss": "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>A cat.<|return|>",
    "R1-Zero": "<think>hm</think>\n<answer>A cat.</answer>",
    "two": "<think>hm</think><think>well</think>A cat.",
    "behind a token": "<|im_start|>assistant\n<think>hm</think>A cat.<|im_end|>",
}


@pytest.mark.parametrize("name", THOUGHTS)
def test_fa02_thoughts_of_each_family_stand_apart(name):
    read = read_answer(THOUGHTS[name])
    assert read.text == "A cat."
    assert "cat." not in read.thoughts.replace("a cat, so I say so.", "")
    assert read.thoughts and "<" not in read.thoughts and "|" not in read.thoughts


@pytest.mark.parametrize(
    "content",
    ["<think>hm</think>", "<thinking>hm", "hm\n</think>\n", "<think>hm</think><|im_end|>", "◁think▷hm"],
)
def test_fa02_a_thought_alone_is_no_answer(content):
    assert read_answer(content).text == "" and read_answer(content).thoughts.startswith("hm")


SPOKEN_OF = [
    "The slide says that the model writes `<think>` first. The second line reads 42.",
    "The slide says that the model writes <think> first. The second line reads 42.",
    "It opens with `<think>` and ends with `</think>`, as the second line shows.",
    "It ends with </think> and then goes on.",
    "The tag “</think>” ends it.\nThe second line reads 42.",
    "First <think>a</think>, then\n</think>\nand more.",
    "A sign: [THINK] BEFORE YOU ACT",
]


@pytest.mark.parametrize("content", SPOKEN_OF)
def test_fa03_a_tag_that_is_spoken_of_hides_nothing(content):
    assert (read_answer(content).text, read_answer(content).thoughts) == (content, "")


@pytest.mark.parametrize(
    "content",
    [
        "<|begin_of_box|>A cat.<|end_of_box|>",
        "A cat.<|im_end|>",
        "A cat.<|endoftext|>\n",
        "A cat.</s>",
        "<|start_header_id|>A cat.<|eot_id|>",
        "A cat.<｜end▁of▁sentence｜>",
        "A cat.<end_of_turn>",
        "<start_of_turn>model\nA cat.<end_of_turn>\n<eos>",
        "<bos>A cat.<|end|><|end|>",
    ],
)
def test_fa04_special_tokens_at_the_edges_are_taken_off(content):
    assert read_answer(content).text == "A cat."


@pytest.mark.parametrize("content", ["He said <s>old</s>", "a <|x|> b", "x ◁ y ▷", "[1] a", "</b>", "|a|"])
def test_fa04_what_is_no_token_stays(content):
    assert read_answer(content).text == content


@pytest.mark.parametrize(
    ("content", "shape"),
    [
        ('{"a": 1}', "json"),
        ('[1, {"b": null}]', "json"),
        ('<think>hm</think>\n{"a": "x"}', "json"),
        ('{"a": 1} and', "markdown"),
        ("{a}", "markdown"),
        ("[x](y)", "markdown"),
        ("12.50", "markdown"),
        ("[" * 5000 + "]" * 5000, "markdown"),
    ],
)
def test_fa01_an_answer_that_parses_is_json(content, shape):
    assert read_answer(content).shape == AnswerShape(shape)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists))
def test_fa01_json_is_laid_out_sign_by_sign(value):
    import json  # noqa: PLC0415

    for text in (json.dumps(value), json.dumps({"a": value, "b": [{}, []]}, ensure_ascii=False)):
        assert json.loads(json_lines(text)) == json.loads(text)


def test_fa01_numbers_and_escapes_of_json_stay_as_they_are():
    laid_out = json_lines(r'{"a": 12.50, "b": "\u00e9 \"x\" {,}", "c": []}')
    assert laid_out == '{\n  "a": 12.50,\n  "b": "\\u00e9 \\"x\\" {,}",\n  "c": []\n}'


MARKS = st.sampled_from(
    [
        "<think>",
        "</think>",
        "<|end|>",
        "</s>",
        "A cat.",
        " ",
        "\n",
        "<answer>",
        "</answer>",
        "[THINK]",
        "{",
        "◁think▷",
        "`",
    ]
)


@given(st.lists(MARKS | st.text(max_size=5), max_size=12).map("".join))
def test_fa02_the_text_lies_within_what_was_written_and_nothing_but_marks_is_lost(content):
    read = read_answer(content)
    assert content[read.begin : read.end] == read.text
    assert read.text == read.text.strip()
    before = content[: read.begin]
    assert all(part in before for part in read.thoughts.split("\n\n"))
