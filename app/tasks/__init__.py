"""What models are for: one file a task, each ending in its `TASK`; see `app.tasks.task`."""

from app.tasks import classification, echo, image, imitation, regression, segmentation, sequence, signal
from app.tasks.task import Task
from models.model import Model

TASKS: dict[str, Task] = {
    module.TASK.id: module.TASK
    for module in (classification, imitation, regression, image, sequence, signal, echo, segmentation)
}


def check(model: Model) -> None:
    """Raise ValueError unless task and metric are known and the arrays are what the task needs."""
    if model.task not in TASKS:
        raise ValueError(f"model {model.id!r}: task is {model.task!r}; choose {' or '.join(TASKS)}")
    task = TASKS[model.task]
    if model.metric not in task.metrics:
        raise ValueError(f"model {model.id!r}: metric is {model.metric!r}; choose {' or '.join(task.metrics)}")
    for holds, otherwise in task.needs(model):
        if not holds:
            raise ValueError(f"model {model.id!r}: {otherwise}")
