"""Several processes: DistributedDataParallel, and state that torch.distributed.checkpoint can save and shard."""

import socket

import pytest
import torch
import torch.distributed as dist

from tests.optim.training import CLASSES, options

pytestmark = pytest.mark.skipif(not dist.is_available(), reason="torch was built without distributed")


def model():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2)).double()


def batches(count):
    generator = torch.Generator().manual_seed(1)
    return [
        tuple(torch.randn(8, size, dtype=torch.float64, generator=generator) for size in (6, 2)) for _ in range(count)
    ]


def step(network, optimizer, inputs, targets):
    optimizer.zero_grad()
    ((network(inputs) - targets) ** 2).mean().backward()
    optimizer.step()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(rank, port):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)


def train_half(rank, port, folder):
    """Each of two processes sees its half of every batch; rank 0 saves what comes out, for every class."""
    start(rank, port)
    results = {}
    for cls in CLASSES:
        network = torch.nn.parallel.DistributedDataParallel(model())
        optimizer = cls(network.parameters(), lr=0.05, **options(cls))
        for inputs, targets in batches(5):
            step(network, optimizer, inputs[rank * 4 : rank * 4 + 4], targets[rank * 4 : rank * 4 + 4])
        results[cls.__name__] = [p.detach().clone() for p in network.parameters()]
    torch.save(results, f"{folder}/rank{rank}.pt")
    dist.destroy_process_group()


def shard_save_load(rank, port, folder):
    """A fully sharded model: save a checkpoint in mid-run, load it into a fresh model and continue there."""
    from torch.distributed.checkpoint import load, save
    from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
    from torch.distributed.fsdp import fully_shard

    start(rank, port)
    results = {}
    mesh = dist.init_device_mesh("cpu", (2,))
    for cls in CLASSES:

        def fresh(cls=cls):
            network = fully_shard(model(), mesh=mesh)
            return network, cls(network.parameters(), lr=0.05, **options(cls))

        network, optimizer = fresh()
        for inputs, targets in batches(5)[:3]:
            step(network, optimizer, inputs, targets)
        weights, state = get_state_dict(network, optimizer)
        save({"model": weights, "optimizer": state}, checkpoint_id=f"{folder}/{cls.__name__}")

        network, optimizer = fresh()
        weights, state = get_state_dict(network, optimizer)
        holder = {"model": weights, "optimizer": state}
        load(holder, checkpoint_id=f"{folder}/{cls.__name__}")
        set_state_dict(network, optimizer, model_state_dict=holder["model"], optim_state_dict=holder["optimizer"])
        for inputs, targets in batches(5)[3:]:
            step(network, optimizer, inputs, targets)
        results[cls.__name__] = [p.full_tensor().detach().clone() for p in network.parameters()]
        sharded = [t for s in optimizer.state.values() for t in s.values() if t.dim() > 0]
        assert all(t.to_local().numel() < t.numel() for t in sharded), "the state must be sharded as the parameters are"
    torch.save(results, f"{folder}/rank{rank}.pt")
    dist.destroy_process_group()


def one_process(cls):
    network = model()
    optimizer = cls(network.parameters(), lr=0.05, **options(cls))
    for inputs, targets in batches(5):
        step(network, optimizer, inputs, targets)
    return [p.detach() for p in network.parameters()]


@pytest.mark.parametrize("job", [train_half, shard_save_load])
def test_two_processes_give_what_one_gives(job, tmp_path):
    """Gradients are averaged in another order, so the last bits may differ; nothing else may."""
    torch.multiprocessing.spawn(job, args=(free_port(), str(tmp_path)), nprocs=2)
    results = [torch.load(tmp_path / f"rank{rank}.pt") for rank in (0, 1)]
    for cls in CLASSES:
        for a, b, single in zip(*(r[cls.__name__] for r in results), one_process(cls), strict=True):
            assert torch.equal(a, b), "both processes hold the same parameters"
            torch.testing.assert_close(a, single, rtol=1e-10, atol=1e-12)


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled:UserWarning")
@pytest.mark.parametrize("cls", CLASSES)
def test_a_checkpoint_in_one_process(cls, tmp_path):
    """torch.distributed.checkpoint without a process group: save, load into a fresh optimizer, continue."""
    from torch.distributed.checkpoint import load, save
    from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict

    network = model()
    optimizer = cls(network.parameters(), lr=0.05, **options(cls))
    for inputs, targets in batches(5)[:3]:
        step(network, optimizer, inputs, targets)
    weights, state = get_state_dict(network, optimizer)
    save({"model": weights, "optimizer": state}, checkpoint_id=tmp_path, no_dist=True)
    network = model()
    optimizer = cls(network.parameters(), lr=0.05, **options(cls))
    weights, state = get_state_dict(network, optimizer)
    holder = {"model": weights, "optimizer": state}
    load(holder, checkpoint_id=tmp_path, no_dist=True)
    set_state_dict(network, optimizer, model_state_dict=holder["model"], optim_state_dict=holder["optimizer"])
    for inputs, targets in batches(5)[3:]:
        step(network, optimizer, inputs, targets)
    for p, expected in zip(network.parameters(), one_process(cls), strict=True):
        assert torch.equal(p, expected)
