"""What the roles are shown. Everything here is written for a 1.5B model first."""

SPECIFY_PROMPT = """\
{assistant} will help {user} with an idea. Turn the idea into one concrete task with a clear \
result, in at most {limit} words. Keep every name, number and file name of the idea, and add no \
condition of your own. Write only the task, in {language}."""

PLAN_PROMPT = """\
Lay a task out as 1 to 4 steps, as JSON. Each step is one instruction that {assistant} can carry \
out and whose result can be seen. A small task is one step; reading a file is no step of its own. \
Add nothing that the task does not ask for. Write in {language}."""

USER_PROMPT = """\
You play {user}. {about}Your partner is {assistant}, who does the work.
Task: {task}
{materials}In each message you give your partner exactly one next instruction, with the data that \
is needed for it, and nothing else. You never solve anything yourself. Look at what is already \
finished before you choose. When the whole task is finished, you say that it is done."""

ASSISTANT_PROMPT = """\
You play {assistant}. {about}Your partner is {user}, who gives you one instruction at a time.
Task: {task}
{materials}You carry out the instruction and answer with the result itself: a text, a list, \
numbers. Never a promise. What you cannot do, you say, and why. You never give instructions."""

USER_TURN_PROMPT = """\
({state} You are {user}; the task: {task}
Write your next message as JSON in {language}: type "instruct" with one new instruction and its \
input or null, or type "done" if the whole task is finished.)"""

ASSISTANT_TURN_PROMPT = """\
(You are {assistant}. Carry out only this instruction of {user}: {instruction}
Write as JSON in {language}: status "solution" with the result itself, or status "cannot" with \
the reason.)"""

PROGRAM_PROMPT = """\
(You are {assistant}. Carry out only this instruction: {instruction}
Write a short Python program that prints the result. {files}Use only data of this conversation; \
variables of earlier programs are kept. At most 15 lines.)"""
FILES_PROMPT = 'Read a file as pandas.read_csv(FOLDER + "/name.csv"); FOLDER is there. '

FIXED_PROMPT = """\
It did not work:
{error}
Write the whole program again without this mistake."""

ARGUMENTS_PROMPT = "(Write the arguments of {tool} for this instruction as JSON. {about})"

GAVE_PROMPT = "{tool} gave:\n{output}\n\n{reminder}"

OPENING_PROMPT = "I am {assistant}. Give me your first instruction."

STEP_PROMPT = "Does the result do what the step asks for? Answer yes or no."

FINISHED_PROMPT = "Is everything there that the task asks for? Answer yes or no."

TOOL_PROMPT = """\
By which means is an instruction carried out? Answer with the number.
1) words: {assistant} writes the answer
{listed}"""

ONE_INSTRUCTION_PROMPT = "That was no instruction. Give exactly one, about the task."
TOKEN_PROMPT = 'That it is done is said by type "done" alone.'
NOT_DONE_PROMPT = "The task is not finished: {open}. Give the next instruction."
YOUR_PART_USER_PROMPT = "You did your partner's work. Give an instruction, no solution."
YOUR_PART_ASSISTANT_PROMPT = "You gave an instruction. Give only the result of yours."
PROMISE_PROMPT = "That was a promise. Write the result itself."
CANNOT_PROMPT = "Nothing is missing. Choose what was left open, and write the result itself."
INPUT_PROMPT = "That was the input. Write what the instruction makes of it."
SAME_PROMPT = "You said that before. Write the result of this instruction."
LANGUAGE_PROMPT = "Write the instruction in {language}."
ANOTHER_PROMPT = "That was asked before. Give another instruction, or say that it is done."

ROLE_OK_PROMPT = """\
{assistant} was asked by {user} to do something. Does {assistant}'s message tell {user} to do \
work? A question about what is wanted is no such thing. Answer as JSON."""

CRITIC_PROMPT = """\
Task: {task}
You judge proposals for the next message of {speaker}. Good is: {criteria}. Answer as JSON with \
the number of the best one and a short reason."""
USER_CRITERIA = "one clear instruction that brings the task nearer to its end and is not done yet"
ASSISTANT_CRITERIA = "right, complete, and the result itself"

SUMMARY_PROMPT = """\
(The session is over. Write the result of the task for somebody who has not seen the session, in \
at most 100 words, in {language}. Copy numbers and names as they are. Write only the result.)"""
MEMO_PROMPT = "What was done before:\n{memo}"

SCENE_PROMPT = """\
You play {name}. {about}
The others are {others}. The subject: {topic}
You say one thing when it is your turn, in at most {words} words, in {language}, in the first \
person. You answer what was just said and add something new. You never speak for the others."""
SPEAK_PROMPT = "(You are {name}. {about}Say your next words.)"
MODERATOR_PROMPT = """\
You are {name}, who leads a talk on: {topic}
{listed}
You choose who speaks next: whoever was addressed, or can answer best what was just said."""
NEXT_PROMPT = "Who speaks next? Write the number: {listed}"
CLOSING_PROMPT = """\
(The talk is over. Sum it up in at most {words} words, in {language}: what each of {names} stands \
for, and what they agree on. Write only that.)"""

WHO_PROMPT = """\
(A question from outside: who are you, and what matters to you? Answer in one sentence, in \
{language}.)"""

IDEAS_PROMPT = """\
{assistant} can help {user} with many things. Write {count} different tasks that {assistant} can \
do for {user} by writing or computing, each in one sentence of at most 20 words, as JSON. In \
{language}."""
