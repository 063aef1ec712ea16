"""Code as the action: programs that call your tools.

代码即行动：模型写的程序直接调用你的工具，变量在各轮之间保留。

python examples/code_actions.py
python examples/code_actions.py "B 仓库里哪种货物最少？"
"""

import argparse

from cogitate import Agent, load_model, tool

STOCK = {
    "A": {"螺丝": 1200, "螺母": 800, "垫圈": 450},
    "B": {"螺丝": 300, "螺母": 950, "垫圈": 120},
}
GOAL = "A 和 B 两个仓库的螺丝一共有多少个？"


@tool(effect="read")
def stock(warehouse: str) -> dict:
    """Return the stock of a warehouse: pieces by goods.

    Args:
        warehouse: A or B.
    """
    return STOCK[warehouse]


def main() -> None:
    """Ask, and print the answer."""
    parser = argparse.ArgumentParser(description="程序可以调用的工具。")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--model", help="模型名；不写则用内置的默认模型")
    options = parser.parse_args()

    # 程序在受限进程里运行；工具在外面运行，权限、限时和次数照旧。
    agent = Agent(model=load_model(options.model, announce=print), tools=[stock], loop="codeact")
    result = agent.run(options.goal)
    print(result.answer)
    print(f"({result.stopped}，{result.steps} 步)")


if __name__ == "__main__":
    main()
