"""The texts of a Chinese town."""

from cogitate.agents.town.wording import Wording

COMMON_PROMPT = """\
你扮演{town}的居民，每次一个人。你会知道这个人是谁、正在发生什么；你只替这个人做决定或说话。
地点：
{places}
居民：
{people}
规则：
- 只用给出的事实。不要编造人物、地点、事情或时间。
- 居民在上面的地点工作、吃饭、买东西、休息，并按时赴约。
- 说话像邻居：一两句短话，说具体的事，不重复说过的话，不反复道谢。
"""

IDENTITY_PROMPT = """\
这是关于{name}的，{age}岁：{traits}。{about}{now}
{name}认识：{knows}。"""

DAY_PROMPT = """\
今天是{date}。昨天：{yesterday}
今天的约定：
{commitments}
请按{name}这样的人的生活，安排从{wake}到{bed}的一天：{starts}起各在做什么？每次换一件事，\
用4到14个字写在上面哪个地点做什么。"""

PIECES_PROMPT = """\
{start}到{end}，{name}：{activity}。这段时间里{name}先后在做什么？写2或3件，每件2到8个字，并写分钟数。"""

PLACE_PROMPT = """\
现在{time}。{name}要做：{activity}。
{places}
在哪个地点做最合适？只回答编号。"""

REACT_PROMPT = """\
现在{time}。{name}在{place}：{activity}。{name}注意到：{event}
{name}记得：
{facts}
{aim}
{name}现在怎么做？
1 = 和{other}说话
2 = 继续做自己的事，不说话
3 = 等它结束
4 = 做别的事
只回答编号。"""

NEW_ACTIVITY_PROMPT = """\
现在{time}。{name}在{place}，本来在{activity}。{name}注意到：{event}{name}决定改做别的事。\
做什么？用几个字回答。"""

TALK_PROMPT = """\
现在{time}，在{place}。你是{name}。{other}在这里：{activity}。对你来说，{other}是：{relation}。
你记得：
{facts}
{aim}
你和{other}说话。每次你对{other}说一两句短话，口语，不重复。想结束谈话时，"end"为true。
谈话开始。
"""

BEGIN_PROMPT = """\
你先说。{aim}
你对{other}说什么？"""

AFTER_TALK_PROMPT = """\
谈话结束了。你从{other}那里知道了什么，或者和{other}约好了什么？写一句关于{other}的短话。"""

ACCEPTED_PROMPT = """\
在这次谈话里，你（{name}）有没有说自己会来（{what}，{time}）？回答yes或no。"""

AGREED_PROMPT = """\
在这次谈话里，你和{other}有没有都同意在{time}见面？回答yes或no。"""

INTERVIEW_PROMPT = """\
现在{time}，{date}。{name}根据自己知道的事回答一位访客的问题：
{facts}
问题：{question}
以{name}的身份用一句短话回答。如果{name}不知道，就说“我不知道”。"""

KNOWS_ABOUT_PROMPT = """\
现在{time}，{date}。{name}知道这些：
{facts}
{name}知道这件事吗：{news}回答yes或no。"""

CHINESE = Wording(
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
    planned_for="{name}{time}的计划：{what}",
    asleep="在睡觉",
    morning="起床洗漱",
    doing="{name}：{activity}",
    doing_ing="{name}：{activity}",
    doing_s="{name}：{activity}",
    object_is="{object}正在使用：{state}",
    talking="和{other}说话",
    talk_memory="{name}在{place}和{other}说话：{said}",
    seen_talk="{name}和{other}在说话",
    commitment="{what}，今天{start}到{end}，在{place}",
    coming="{guest}会在{start}来{what}",
    nothing="没有特别的",
    first_day="没有特别的事。",
    stranger="{name}没见过的人",
    aim_invite="{name}想邀请{other}，说出时间和地点：{text}。",
    aim_tell="{name}想告诉{other}：{text}。",
    aim_chat="{name}没有特别想说的。",
    says="{name}说：{said}\n你是{me}。你怎么回答{name}？",
    always_open="一直开放",
    open_hours="开放{hours}",
    home_of="{name}的家",
    closed_place="{time}时{place}关着门",
    meeting="和{other}见面",
    person_line="- {name}：{about}",
    yesterday="{text}",
    weekdays=("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    date="{date}，{weekday}",
    separator="、",
    list_mark="- ",
    example=(
        "现在15:00，在池塘边。你是阿本。小娜在这里：喂鸭子。对你来说，小娜是：邻居。\n"
        "阿本想邀请小娜：阿本16:00在池塘边野餐。\n谈话开始。\n你先说。阿本想邀请小娜：阿本16:00在池塘边野餐。\n"
        "你对小娜说什么？",
        '{"say":"小娜，我16:00在这儿野餐，你来吗？","end":false}',
        "小娜说：好啊，我一定来。要带点什么吗？\n你是阿本。你怎么回答小娜？",
        '{"say":"带点水果吧，16:00见！","end":true}',
        "现在15:00，在池塘边。你是小娜。阿本在这里：吃苹果。对你来说，阿本是：邻居。\n"
        "小娜想告诉阿本这件事：磨坊今天关门。\n谈话开始。\n"
        "阿本说：小娜，我16:00在这儿野餐，你来吗？\n你是小娜。你怎么回答阿本？",
        '{"say":"好啊，16:00我一定来。你知道磨坊今天关门吗？","end":false}',
    ),
    slots=("清早", "工作", "午饭", "工作或办事", "空闲", "晚饭", "晚上"),
    activity="^[\u4e00-\u9fff]{3,16}$",
    farewell="再见|回头见|回见|改天见|待会儿见|慢走|晚上见|到时见|保重",
    reply="^(?:是的|是啊|对[，。！]|好的|好啊|谢谢|不客气|没错|哦|嗯)",
    tonight="今天",
    waiting="等{place}开门",
)
"""Everything that a person of a Chinese town is shown."""
