"""The same agent on an OpenAI-compatible server: llama-server, Ollama, vLLM, LM Studio, OpenAI.

python examples/remote_model.py --model http://127.0.0.1:8080/v1#MODEL
MODEL_SERVER=http://127.0.0.1:11434/v1#qwen2.5:7b python examples/remote_model.py

Without a server it uses the embedded model. A key, where one is needed, comes from
COGITATE_API_KEY or OPENAI_API_KEY.
"""

import argparse
import os

from cogitate import Agent, CogitateError, load_model, shipped_tools

GOAL = "What is 2 to the power of 40, divided by 1000?"


def main() -> None:
    """Let the model decide each step itself, which larger models do well."""
    parser = argparse.ArgumentParser(description="A model behind a URL.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--model", default=os.environ.get("MODEL_SERVER"), metavar="URL#MODEL")
    options = parser.parse_args()

    try:
        model = load_model(options.model, announce=print)
        agent = Agent(model=model, tools=shipped_tools(["calculate"]), loop="react")
        result = agent.run(options.goal)
    except CogitateError as error:  # no such server, no key, no such model
        raise SystemExit(f"remote_model: {error}") from error
    print(result.answer)


if __name__ == "__main__":
    main()
