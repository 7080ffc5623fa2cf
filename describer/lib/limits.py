"""Every bound on words that come from elsewhere, each with its reason; docs/limits.md tells them to people.

Bytes say little of what a text costs once it is read: 30 MB of `[],` are ten million lists, a gigabyte, and seconds in
which no other thread of the process goes on. So what a text may unfold to is bounded as well, by its elements: the
signs `{`, `[`, `,` and `:` outside of texts, each of which comes to some 100 bytes once it is read.
"""

KIB, MIB = 2**10, 2**20

# What an endpoint answers

REPLY_BYTES = 14 * MIB
"""A reply in one piece, unpacked: 128 answers of 100 kB. With its texts read it is there twice for a moment."""

REPLY_TEXT_BYTES = 32 * MIB
"""A reply once its bytes are text: a single emoji makes each letter of it take four bytes."""

REPLY_ELEMENTS = 300_000
"""Of a reply in one piece, and of what is kept of a stream: 50 ms and 30 MiB; chances of 1,500 words, twenty each."""

STREAM_BYTES = 32 * MIB
"""A stream on the wire. It costs more than its words: 100,000 pieces of 300 bytes each are an answer of 500 kB."""

STREAM_LINES = 1_000_000
"""Lines of a stream, comments and blank ones too: an event takes two or three."""

STREAM_CHARACTERS = 12 * MIB
"""The words of all answers, thoughts and tool calls of a stream that are kept; they are put together at its end."""

EVENT_BYTES = 8 * MIB
"""A line of a stream as text, which is there five times on its way to a caller; a picture in it takes some megabytes."""

EVENT_LINES = 1_000
"""Lines of data in one event: relays that leave out blank lines join some dozens."""

HELD_FRAMES = 1_000
"""Pieces without words that wait for the first words of a stream."""

KEPT_FIELDS = 1_000
"""Fields of ever new names beside the words of a stream, for each object that is put together."""

WIRE_BYTES = 64 * MIB
"""All that one call reads from its connection: heads, the framing of chunks and what the bytes unpack from."""

PIECES = 500_000
"""Pieces in which a reply comes: chunks of one byte each would keep a thread busy for minutes."""

INTERIM_REPLIES = 20
"""Replies with a status of 1xx before the reply itself; each may have a head of its own."""

HEAD_BYTES = 256 * KIB
"""All headers of a reply: a hundred cookies of 64 kB each took seconds to be read."""

HEADER_CHARACTERS = 1_000
"""What is read of one header: a time to wait, an id, the address of a redirect."""

WAIT_SECONDS = 31_557_600_000
"""A time to wait that an endpoint names: a thousand years, to be told; nothing waits for it."""

WAITED_SECONDS = 31 * 24 * 3600
"""The longest of it that a batch waits for, or a caller is told to."""

NESTING = 64
"""Lists and objects within each other; readers and writers of JSON call themselves for each."""

NUMBER_DIGITS = 300
"""Digits of a whole number that stays one; longer ones become the nearest float: reading them takes the square."""

ERROR_CHARACTERS = 8_000
"""What patterns read of an error. They are asked one after another, and each may look at a place some hundred times."""

ERROR_BYTES = 64 * KIB
"""What is kept of an error's body that is too large or holds too much: its beginning has the words."""

SEEN_CHARACTERS = 200_000
"""The beginning of an answer, by which it is told whether there is one behind the thoughts."""

MODEL_NAMES = 5_000
"""Models of an endpoint's list that are kept."""

COMING_CHARACTERS = 100_000
"""What a model wrote, thoughts within it too, that is shown while it comes; the whole answer is recorded all the same."""

# What is written down of a reply

CHOICES = 128
"""Answers of one reply, as many as `n` may ask for."""

TOOL_CALLS = 128
"""Tool calls of one answer, as many as there may be tools."""

USAGE_ELEMENTS = 1_000
"""An endpoint's own usage object, kept beside the numbers that were read from it; the largest seen holds 40."""

USAGE_CHARACTERS = 64 * KIB
"""The same object as JSON."""

TOOL_CALL_CHARACTERS = MIB
"""A tool call as JSON; a page shows each."""

TOOL_CALL_ELEMENTS = 5_000
"""The same beside its arguments, which are a text."""

# What callers send to our own endpoint

REQUEST_ELEMENTS = 500_000
"""A body of JSON; it is read before it is known whether it is worth it."""

FIELD_ELEMENTS = 50_000
"""JSON in one field of a form, tools or a schema, and a body of JSON at /api."""

MESSAGES = 10_000
"""Messages of one call, each of which is checked and sent on."""

# What a conversation sends again

CONVERSATION_QUESTIONS = 1_000
"""Questions of one conversation, on all its branches: each page of it looks at the numbers of all."""

CONVERSATION_CHARACTERS = 4 * MIB
"""Earlier questions and answers that one follow-up sends again: a million tokens, more than models read."""
