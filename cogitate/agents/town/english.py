"""The texts of an English town."""

from cogitate.agents.town.wording import ROOM, Wording

COMMON_PROMPT = """\
You play the people of {town}, one person at a time. You are told who the person is and what is \
going on; you decide or speak for this person only.
Places:
{places}
People:
{people}
Rules:
- Use only the facts that you are given. Invent no people, places, events or times.
- People work, eat, shop and rest at the places above, and keep their commitments on time.
- People speak like neighbours: one or two short sentences, about concrete things. They do not \
repeat what was said, and do not thank again and again.
"""

IDENTITY_PROMPT = """\
This is about {name}, {age}: {traits}. {about} {now}
{name} knows: {knows}."""

DAY_PROMPT = """\
Today is {date}. Yesterday: {yesterday}
Commitments today:
{commitments}
Plan {name}'s day, from {wake} to {bed}, as somebody like {name} spends it. What is {name} doing \
from {starts}? Each time something else, in 4 to 9 words that say what and at which of the places \
above."""

PIECES_PROMPT = """\
From {start} to {end} {name}: {activity}. What is {name} doing in this time, one thing after \
the other? 2 or 3 things of 2 to 6 words, with their minutes."""

PLACE_PROMPT = """\
It is {time}. {name} is about to do this: {activity}.
{places}
At which place is this done best? Answer with its number."""

REACT_PROMPT = """\
It is {time}. {name} is at {place}: {activity}. {name} notices: {event}
What {name} remembers:
{facts}
{aim}
What does {name} do now?
1 = talk to {other}
2 = keep going without a word
3 = wait until it is over
4 = do something else
Answer with the number."""

NEW_ACTIVITY_PROMPT = """\
It is {time}. {name} is at {place} and was {activity}. {name} notices: {event} {name} decides to \
do something else instead. What, in 3 to 8 words?"""

TALK_PROMPT = """\
It is {time} at {place}. You are {name}. {other} is here: {activity}. To you, {other} is: \
{relation}.
You remember:
{facts}
{aim}
You talk with {other}. Each time you say one or two short sentences, as people speak, to {other}; \
nothing twice. "end" is true when you want to part.
The talk begins.
"""

BEGIN_PROMPT = """\
You speak first. {aim}
What do you say to {other}?"""

AFTER_TALK_PROMPT = """\
The talk is over. What did you learn from {other}, or agree on? One short sentence about {other}."""

ACCEPTED_PROMPT = """\
Did you, {name}, say in this talk that you will come ({what}, {time})? Answer yes or no."""

AGREED_PROMPT = """\
Did you and {other} both agree in this talk to meet at {time}? Answer yes or no."""

INTERVIEW_PROMPT = """\
It is {time}, {date}. {name} answers a visitor's question from what {name} knows:
{facts}
Question: {question}
Answer as {name} in one short sentence. If {name} does not know it, say "I don't know"."""

KNOWS_ABOUT_PROMPT = """\
It is {time}, {date}. {name} knows this:
{facts}
Does {name} know of this: {news} Answer yes or no."""

DOING = (
    "arranging baking browsing buying calling caring carrying checking chatting cleaning closing "
    "collecting composing cooking counting cutting drawing drinking eating enjoying exercising "
    "feeding fetching finishing fixing gardening getting giving going having helping hosting "
    "inviting joining keeping learning leaving lending listening looking making managing meeting "
    "mending moving opening ordering organising organizing painting performing picking planning "
    "planting playing practicing practising preparing reading relaxing repairing researching "
    "resting running selling serving setting shopping singing sitting sketching sleeping sorting "
    "spending stocking studying sweeping taking talking teaching tending tidying trying unpacking "
    "using visiting waiting walking washing watching watering wiping working writing"
).split()
"""What an activity begins with: a free word with "-ing" comes out as "drawsatthebeing"."""

ENGLISH = Wording(
    common=COMMON_PROMPT,
    identity=IDENTITY_PROMPT,
    day_plan=DAY_PROMPT,
    pieces=PIECES_PROMPT,
    place=PLACE_PROMPT,
    react=REACT_PROMPT,
    new_activity=NEW_ACTIVITY_PROMPT,
    talk=TALK_PROMPT,
    talk_begin=BEGIN_PROMPT,
    after_talk=AFTER_TALK_PROMPT,
    accepted=ACCEPTED_PROMPT,
    agreed=AGREED_PROMPT,
    interview=INTERVIEW_PROMPT,
    knows_about=KNOWS_ABOUT_PROMPT,
    planned_for="{name}'s plan for {time}: {what}",
    asleep="sleeping",
    morning="getting ready for the day",
    doing="{name}: {activity}",
    doing_ing="{name} is {activity}",
    doing_s="{name} {activity}",
    object_is="the {object} is in use: {state}",
    talking="talking with {other}",
    talk_memory="{name} talked with {other} at {place}: {said}",
    seen_talk="{name} and {other} are talking with each other",
    commitment="{what}, today from {start} to {end} at {place}",
    coming="{guest} will come to {what} at {start}",
    nothing="nothing special",
    first_day="nothing special.",
    stranger="somebody {name} has not met before",
    aim_invite="{name} wants to invite {other}, with the time and the place: {text}.",
    aim_tell="{name} wants to tell {other} this: {text}.",
    aim_chat="{name} has nothing special to tell.",
    says="{name} says: {said}\nYou are {me}. What do you answer {name}?",
    always_open="always open",
    open_hours="open {hours}",
    home_of="home of {name}",
    closed_place="{place} was closed at {time}",
    meeting="meeting {other}",
    person_line="- {name}: {about}",
    yesterday="{text}",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    date="{weekday}, {date}",
    separator=", ",
    list_mark="- ",
    example=(
        "It is 15:00 at the pond. You are Ben. Eva is here: feeding the ducks. To you, Eva is: "
        "a neighbour.\nBen wants to invite Eva: Ben has a picnic at 16:00 at the pond.\nThe talk "
        "begins.\nYou speak first. Ben wants to invite Eva: Ben has a picnic at 16:00 at the "
        "pond.\nWhat do you say to Eva?",
        '{"say":"Hi Eva! I have a picnic here at 16:00. Will you come?","end":false}',
        "Eva says: Oh, gladly. Shall I bring a cake?\nYou are Ben. What do you answer Eva?",
        '{"say":"Yes, please. See you at 16:00!","end":true}',
        "It is 15:00 at the pond. You are Eva. Ben is here: eating an apple. To you, Ben is: a "
        "neighbour.\nEva wants to tell Ben this: The mill is closed today.\nThe talk begins.\nBen "
        "says: Hi Eva! I have a picnic here at 16:00. Will you come?\nYou are Eva. What do you "
        "answer Ben?",
        '{"say":"Gladly, I will come at 16:00. Do you know that the mill is closed today?",'
        '"end":false}',
    ),
    slots=(
        "early morning",
        "work",
        "lunch",
        "work or errands",
        "free time",
        "dinner",
        "evening",
    ),
    activity=rf"^(?:{'|'.join(DOING)}) [a-zA-Z' ]{{3,{ROOM - 1}}}[a-z]$",
    farewell=(
        r"(?i)\b(?:good ?bye|bye|see you (?:later|soon|then|there|tonight|tomorrow|at)|take care|"
        r"have a (?:good|nice|great|lovely))\b"
    ),
    reply=r"(?i)^(?:yes|no|oh|sure|thanks?|that's|that is|i see|you're welcome)\b",
    tonight="today",
    waiting="waiting until {place} opens",
)
"""Everything that a person of an English town is shown."""
