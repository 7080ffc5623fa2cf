"""An answer read once: thoughts, special tokens, the shape of its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from describer.answers.json_lines import json_lines
from describer.answers.reading import AnswerShape, read_answer, read_coming

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


@pytest.mark.parametrize(
    ("written", "text", "thinks"),
    [
        ("Two boats", "Two boats", False),
        ("<thi", "", False),
        ("<think>It may", "", True),
        ("<think>It may be</think>", "", True),
        ("<think>It may be</think>\n\nTwo", "Two", True),
        ("<|channel|>anal", "", False),
        ("<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>fin", "", True),
        ("<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>Two boats lie in the harbour.", "Two boats lie in the harbour.", True),
        ("Two boats<|im_e", "Two boats", False),
        ("Two boats</s", "Two boats", False),
        ("[THI", "", False),
        ("[Two](https://example.org/boats-in-a-harbour-at-dawn-and-at-dusk) boats", "[Two](https://example.org/boats-in-a-harbour-at-dawn-and-at-dusk) boats", False),
        ("<answer>Two boats lie in the harbour, and a third one comes in at dawn.", "Two boats lie in the harbour, and a third one comes in at dawn.", False),
        ("a < b, and more", "a < b, and more", False),
    ],
)  # fmt: skip
def test_of_an_answer_that_comes_no_mark_of_a_thought_is_shown(written, text, thinks):
    read = read_coming(written)
    assert (read.text, bool(read.thoughts)) == (text, thinks)


@pytest.mark.parametrize(
    "written", ["<think>Hm.</think>Two **boats**.", "Two boats<|im_end|>", "  Two\n\nboats "]
)
def test_what_is_shown_of_an_answer_that_comes_grows_to_the_whole(written):
    shown = [read_coming(written[:end]).text for end in range(len(written) + 1)]
    whole = read_answer(written).text
    assert all(whole.startswith(text) for text in shown) and shown[-1] == whole


@pytest.mark.parametrize("name", [name for name in THOUGHTS if not name.startswith("closed alone")])
def test_no_thought_of_an_answer_that_comes_is_shown_in_whatever_way_it_is_marked(name):
    written = THOUGHTS[name]
    shown = [read_coming(written[:end]).text for end in range(len(written) + 1)]
    assert all("A cat.".startswith(text) for text in shown)
