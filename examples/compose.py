"""流水线 (pipeline)：先检查，后运行；小模型从现成的配方中选一个，大模型自己写.

python examples/compose.py
python examples/compose.py "谁负责仓库盘点？新的茶叶罐由谁设计？"
"""

import argparse
from pathlib import Path

from cogitate import Agent, load_model, shipped_tools
from cogitate.planners.loops.pipeline.modules import MODULES
from cogitate.planners.loops.pipeline.nodes import Node, problems

DATA = Path(__file__).parent / "data"
GOAL = "1、品茶会最多请多少位客人？2、如果每位客人用3克茶，一共要多少克茶？"

WRONG = [
    Node(id=1, tool="solve", args={"question": "一共多少克？", "facts": "$2"}),
    Node(id=2, tool="look_up", args={}),
]
"""第1步引用了后面的结果，第2步缺少参数：运行之前就会被拒绝。"""


def main() -> None:
    """先看检查说什么，再让智能体编排并运行一条流水线."""
    parser = argparse.ArgumentParser(description="由工具和小模块组成的流水线。")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--folder", default=DATA, help="可以读取的文件夹")
    parser.add_argument("--model", help="模型的名字；省略时用内置的模型")
    options = parser.parse_args()

    for problem in problems(WRONG, MODULES):
        print(f"检查：{problem}")
    agent = Agent(
        model=load_model(options.model, announce=print),
        tools=shipped_tools(offline=True),
        folder=options.folder,
        loop="compose",
        offline=True,
    )
    print(agent.run(options.goal).answer)


if __name__ == "__main__":
    main()
