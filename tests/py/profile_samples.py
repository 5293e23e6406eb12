#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Messages that the shipped profiles take, and messages that they refuse.

    profile_samples.py FOLDER

writes FOLDER/<profile>/good/* and FOLDER/<profile>/bad/*. A message of one frame is a
file, one of several a folder of name.0.pkl, name.1.raw, …. FOLDER/<profile>/expected.json
says where a bad one is at fault, if that is one place. FOLDER/key is the key of HMACs.
"""

import base64
import collections
import copyreg
import http
import pathlib
import sys

import numpy
import torch

sys.dont_write_bytecode = True

import profile_samples_llm as llm  # noqa: E402
import stubs  # noqa: E402
from sample_files import (  # noqa: E402
    INFINITE, KEY, NAN, Samples, as_json, bad_everywhere, by_name, by_value, frame, pkl,
    raw, wide)
from stubs import Called, plain  # noqa: E402


# ---- data, tensors, state dicts ----

def data_only(s):
    plain_data = {"a": [1, 2.5, None, True, "text", b"bytes"], 7: (1, (2, ())),
                  (1, "key"): {1, 2}, "frozen": frozenset([b"x"]), "big": 1 << 100}
    for protocol in range(6):
        s.good(f"data-{protocol}", pkl(plain_data if protocol > 3 else {"a": [1, ("b",)]},
                                       protocol))
    s.good("numbers", [NAN, INFINITE, -0.0, 1e308])
    cycle_free = ["shared"]
    s.good("shared", [cycle_free, cycle_free])
    s.good("json", as_json({"a": [1, None, "x"]}))
    bad_everywhere(s, lambda v: {"a": [v]})
    s.bad("tensor", {"a": torch.zeros(2)}, at="/a")
    s.bad("array", [numpy.zeros(2)], at="/0")
    s.bad("ordered-dict", collections.OrderedDict(a=1))
    s.bad("bytearray", [bytearray(b"x")], at="/0")
    s.bad("complex", {"a": 1j})
    s.bad("enum", [by_value(http.HTTPStatus, 200)])
    s.bad("subclass", [plain("pkg.mod:Sub")()])


def tensors(s):
    s.good("tensor", torch.arange(6, dtype=torch.int64).reshape(2, 3))
    s.good("transposed", {"t": torch.zeros(4, 5).t()})
    for name in ("float16", "bfloat16", "uint8", "bool", "complex64"):
        s.good("tensor-" + name, [torch.zeros(3, dtype=getattr(torch, name))])
    s.good("arrays", [numpy.zeros((2, 2), numpy.uint8), numpy.arange(3)])
    s.good("array-5", pkl([numpy.zeros((2, 2), numpy.float32)], 5))
    s.good("data", {"a": (1, "x", {2})})
    s.good("shared-storage", [t := torch.zeros(4), t[1:3]])
    bad_everywhere(s, lambda v: [v])
    s.bad("objects", [numpy.array([{}, []], dtype=object)])
    s.bad("text-array", [numpy.array(["a", "bc"])], at="/0")
    s.bad("too-big", [wide(torch.float32, 1 << 20, 1 << 20)], at="/0")
    s.bad("too-many-dimensions", [wide(torch.uint8, *[1] * 17)], at="/0")
    s.bad("past-its-storage", [Called(torch._utils._rebuild_tensor_v2,
                                      torch.FloatStorage(4), 0, (100,), (1,), False,
                                      collections.OrderedDict())])
    s.bad("negative-offset", [Called(torch._utils._rebuild_tensor_v2,
                                     torch.FloatStorage(4), -1, (2,), (1,), False,
                                     collections.OrderedDict())])
    s.bad("record-array", [numpy.zeros(2, [("a", int), ("b", float)])], at="/0")
    s.bad("bytearray", [bytearray(b"x")], at="/0")
    s.bad("module", [torch.nn.Linear(2, 2)])


def torch_state_dict(s):
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    state = model.state_dict()
    s.good("state-dict", state)
    s.good("plain-dict", {"a.weight": torch.zeros(2, 2), "a.bias": torch.zeros(2)})
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.zeros(2, 3)).sum().backward()
    optimizer.step()
    s.good("checkpoint", {"model": state, "optimizer": optimizer.state_dict(),
                          "epoch": 3, "loss": 0.25, "note": "best"})
    s.good("protocol-2", pkl({"w": torch.zeros(2)}, 2))
    s.good("parameters", {"w": torch.nn.Parameter(torch.zeros(2))})
    s.good("empty", collections.OrderedDict())
    bad_everywhere(s, lambda v: {"model": v})
    s.bad("module", model)
    s.bad("list", [torch.zeros(2)])
    s.bad("number-for-name", {1: torch.zeros(2)})
    s.bad("array", {"w": numpy.zeros(2)}, at="/w")
    s.bad("set", {"w": {1, 2}}, at="/w")
    s.bad("tuple-for-name", {"a": {(1, 2): torch.zeros(1)}})
    attributes = collections.OrderedDict(w=torch.zeros(1))
    attributes.other = 1
    s.bad("unknown-attribute", attributes)
    metadata = collections.OrderedDict(w=torch.zeros(1))
    metadata._metadata = {"": {"version": [1]}}
    s.bad("wrong-metadata", metadata)
    s.bad("bytes", {"w": b"code"}, at="/w")
    s.bad("defaultdict", collections.defaultdict(list, w=torch.zeros(1)))
    s.bad("rank", {"w": wide(torch.uint8, *[1] * 17)}, at="/w")


# ---- SGLang's multimodal side ----

def picture(module="PIL.Image:Image", state=None):
    """As Pillow pickles one; by a stub, so that Pillow need not be there."""
    image = stubs.place(module, lambda name: type(
        name, (), {"__getstate__": lambda self: self.given}))()
    image.given = state or [{"dpi": (72, 72)}, "RGB", (2, 2), None, bytes(12)]
    return image


def context_of_3_10():
    """CPython 3.10 asks the context for its state, and it answers with itself."""
    real = plain(stubs.TRACE + "TraceNullContext")

    class Context:
        __class__ = property(lambda self: real)

        def __reduce__(self):
            return copyreg.__newobj__, (real,), self

    return Context()


def multimodal_request(s):
    request, sampling = stubs.request, stubs.sampling_params
    newer = stubs.newer_sampling_params
    s.good("one", request())
    s.good("list", [request()])
    s.good("group", [request(), request(sampling(seed=2))])
    s.good("newer", [request(newer())])
    s.good("protocol-5", pkl([request(newer())], 5))
    s.good("ping", {"method": "ping"})
    s.good("delimited", raw(b""), pkl([request()]))
    s.good("base-class",
           request(sampling(stubs.SAMPLE + "sampling_params:SamplingParams")))
    s.good("pictures", request(sampling(image_path=["outputs/uploads/a.png", "b.png"]),
                               condition_image=picture(), vae_image=torch.zeros(3, 8, 8)))
    s.good("plugin-picture", request(condition_image=picture(
        "PIL.PngImagePlugin:PngImageFile", [{}, "L", (2, 1), [], b"xy", "a.png"])))
    s.good("upload", request(sampling(image_path="/tmp/sglang_input_x1_z/a.png")))
    s.good("embeds", request(prompt_embeds=[torch.zeros(1, 8, 4, dtype=torch.bfloat16)],
                             latents=torch.zeros(1, 4, 2, 8, 8),
                             prompt_attention_mask=[None, torch.ones(1, 8)],
                             vae_image_sizes=[(512, 512)], prompt_seq_lens=[[8]]))
    s.good("dynamic-attribute", request(my_plugin={"level": 3, "names": ["a"]}))
    s.good("user-values", request(extra={"diffusers_kwargs": {"clip_skip": 2}}))
    types = stubs.data_type()
    s.good("member-by-name", request(sampling(data_type=by_name(types, "IMAGE"))))
    s.good("member-by-value", request(sampling(data_type=by_value(types, 2))))
    s.good("no-fields-context",
           request(trace_ctx=plain(stubs.TRACE + "TraceNullContext")()))
    timings = plain(stubs.MULTIMODAL + "runtime.utils.perf_logger:RequestTimings")
    s.good("older-timings", request(timings=timings(
        request_id="r", stages={"InputStage": 1.5}, steps=[0.1], total_duration_ms=3.0)))
    snapshot = plain(stubs.MULTIMODAL + "runtime.utils.perf_logger:MemorySnapshot")
    metrics = plain(stubs.MULTIMODAL + "runtime.utils.perf_logger:RequestMetrics")
    s.good("memory", request(metrics=metrics(
        request_id="r", stages={}, steps=[], total_duration_ms=0.0,
        suppress_stage_breakdown=False, memory_snapshots={"start": snapshot(
            allocated_mb=1.0, reserved_mb=2.0, peak_allocated_mb=3.0,
            peak_reserved_mb=4.0)})))
    s.good("cpython-3.10-context", request(trace_ctx=context_of_3_10()))

    bad_everywhere(s, lambda v: [request(extra={"a": v})])
    control = plain(stubs.MULTIMODAL + "runtime.entrypoints.control_requests:ShutdownReq")
    s.bad("control", control(), at="")
    s.bad("control-in-list", [request(), control()], at="/1")
    s.bad("older-control", plain(
        stubs.MULTIMODAL + "runtime.entrypoints.openai.utils:SetLoraReq")(
            lora_nickname="x", lora_path="/models/x"), at="")
    s.bad("subclass", plain(stubs.SCHEDULE + "OtherReq")(sampling_params=sampling()))
    s.bad("no-request", plain(stubs.SCHEDULE + "OutputBatch")(output=None))
    s.bad("empty-list", [], at="")
    s.bad("ping-and-more", {"method": "ping", "args": [1]}, at="/args")
    s.bad("other-method", {"method": "shutdown"}, at="/method")
    s.bad("no-parameters", request(sampling_params=None), at="/sampling_params")
    s.bad("unknown-parameter", request(sampling(hook="x")), at="/sampling_params/hook")
    s.bad("dunder", request(**{"__class__": "x"}))
    s.bad("dunder-parameter", request(sampling(**{"__reduce__": 1})),
          at="/sampling_params")
    for name, value in (("escape", "../../etc/passwd"), ("absolute", "/etc/passwd"),
                        ("inner-escape", "outputs/../../x.png"), ("nul", "a\0b"),
                        ("url", "http://169.254.169.254/latest/meta-data"),
                        ("file-url", "file:///etc/passwd"), ("empty-path", ""),
                        ("tmp", "/tmp/other/x.png")):
        s.bad("image-" + name, [request(sampling(image_path=value))],
              at="/0/sampling_params/image_path")
    s.bad("image-list-escape", request(sampling(image_path=["a.png", "../b.png"])),
          at="/sampling_params/image_path/1")
    s.bad("shadowed-path", request(image_path="/etc/passwd"), at="/image_path")
    s.bad("shadowed-height", request(height=1 << 20), at="/height")
    s.bad("output-escape", request(sampling(output_path="../.ssh")),
          at="/sampling_params/output_path")
    s.bad("output-name", request(sampling(output_file_name="../x.mp4")),
          at="/sampling_params/output_file_name")
    s.bad("perf-dump", request(sampling(perf_dump_path="/etc/cron.d/x")),
          at="/sampling_params/perf_dump_path")
    s.bad("upscaler", request(newer(upscaling_model_path="evil/model")),
          at="/sampling_params/upscaling_model_path")
    for name, value in (("huge", 1 << 40), ("zero", 0), ("bool", True), ("float", 480.0),
                        ("text", "480"), ("negative", -1)):
        s.bad("height-" + name, request(sampling(height=value)),
              at="/sampling_params/height")
    s.bad("frames", request(sampling(num_frames=1000000)),
          at="/sampling_params/num_frames")
    s.bad("steps", request(sampling(num_inference_steps=100000)),
          at="/sampling_params/num_inference_steps")
    s.bad("outputs", request(sampling(num_outputs_per_prompt=10000)),
          at="/sampling_params/num_outputs_per_prompt")
    s.bad("nan", request(sampling(guidance_scale=NAN)),
          at="/sampling_params/guidance_scale")
    s.bad("infinite", request(sampling(guidance_scale=INFINITE)),
          at="/sampling_params/guidance_scale")
    s.bad("long-prompt", request(sampling(prompt="a" * 70000)),
          at="/sampling_params/prompt")
    s.bad("resolution-of-three", request(sampling(supported_resolutions=[(1, 2, 3)])),
          at="/sampling_params/supported_resolutions/0")
    s.bad("unknown-member", request(sampling(data_type=by_value(types, 9))),
          at="/sampling_params/data_type")
    s.bad("unknown-member-name", request(sampling(data_type=by_name(types, "SHELL"))),
          at="/sampling_params/data_type")
    s.bad("other-function", request(newer(teacache_params=plain(
        stubs.SAMPLE + "teacache:TeaCacheParams")(
            coefficients_callback=stubs.function(stubs.SAMPLE + "wan:other")))))
    s.bad("scheduler", request(scheduler={"a": 1}), at="/scheduler")
    s.bad("session", request(session="s"), at="/session")
    s.bad("modules", request(modules={"vae": 1}), at="/modules")
    s.bad("generator", request(generator=[1]), at="/generator")
    s.bad("latents-dtype", request(latents=torch.zeros(2, dtype=torch.complex64)),
          at="/latents")
    s.bad("latents-rank", request(latents=wide(torch.float32, *[1] * 7)), at="/latents")
    s.bad("latents-big", request(latents=wide(torch.float32, 1 << 10, 1 << 10, 1 << 10)),
          at="/latents")
    s.bad("many-embeds", request(prompt_embeds=[None] * 65), at="/prompt_embeds")
    s.bad("gpu-handle", request(latents=plain(
        stubs.MULTIMODAL + "runtime.distributed.ipc_cuda:CudaIpcRef")(
            dtype="float16", shape=(1,), stride=(1,), handle=b"x")), at="/latents")
    s.bad("file-reference", request(condition_image=plain(
        stubs.MULTIMODAL + "runtime.ipc_array:NumpyArrayFileRef")(path="/etc/passwd")))
    s.bad("picture-state", request(condition_image=picture(
        state=[{}, "RGB", (100000, 2), None, b""])))
    s.bad("tracing", request(trace_ctx=plain(stubs.TRACE + "TraceReqContext")(rid="x")))
    s.bad("class-argument", Called(plain(stubs.SCHEDULE + "Req"), 1))
    s.bad("three-frames", raw(b""), pkl(request()), raw(b"x"))
    s.bad("full-delimiter", raw(b"x"), pkl(request()))


def rollout(**changes):
    names = stubs.MULTIMODAL + "runtime.post_training.rl_dataclasses:"
    fields = {
        "rollout_log_probs": torch.zeros(2),
        "rollout_debug_tensors": plain(names + "RolloutDebugTensors")(
            rollout_variance_noises=torch.zeros(2), rollout_prev_sample_means=None,
            rollout_noise_std_devs=None, rollout_model_outputs=None),
        "denoising_env": plain(names + "RolloutDenoisingEnv")(
            image_kwargs={"x": torch.zeros(1)}, pos_cond_kwargs=None,
            neg_cond_kwargs=None, guidance=None),
        "dit_trajectory": plain(names + "RolloutDitTrajectory")(
            latents=torch.zeros(2, 2), timesteps=torch.zeros(2)),
    }
    fields.update(changes)
    return plain(names + "RolloutTrajectoryData")(**fields)


def multimodal_reply(s):
    def reply(**changes):
        fields = {"output": None, "audio": None, "audio_sample_rate": None,
                  "trajectory_timesteps": None, "trajectory_latents": None,
                  "rollout_trajectory_data": None, "trajectory_decoded": None,
                  "error": None, "output_file_paths": None, "noise_pred": None,
                  "peak_memory_mb": 0.0}
        fields.update(changes)
        return plain(stubs.SCHEDULE + "OutputBatch")(**fields)

    def reference(path):
        return plain(stubs.MULTIMODAL + "runtime.ipc_array:NumpyArrayFileRef")(path=path)

    metrics = plain(stubs.MULTIMODAL + "runtime.utils.perf_logger:RequestMetrics")(
        request_id="r", stages={"Decoding": 12.5}, steps=[1.0], total_duration_ms=20.0)
    s.good("paths", reply(output_file_paths=["outputs/a.mp4", "outputs/b.mp4"],
                          metrics=metrics, metrics_list=[metrics, None]))
    s.good("tensor", reply(output=torch.zeros(1, 3, 2, 8, 8, dtype=torch.float16)))
    s.good("frames", reply(output=[numpy.zeros((8, 8, 3), numpy.uint8)] * 3))
    s.good("frames-5", pkl(reply(output=[numpy.zeros((8, 8, 3), numpy.uint8)]), 5))
    s.good("reference", reply(output=[reference("/dev/shm/sgldiffusion-array-x1_y.npy")]))
    s.good("statistics", reply(output={"queue": 3, "by_role": {"encoder": 1.5}}))
    s.good("raw-frames", reply(raw_frame_batches=[[b"rgb" * 4]],
                               raw_frame_content_type="application/x-raw-rgb",
                               raw_frame_metadata={"width": 2, "height": 2}))
    s.good("error", reply(error="Unknown request type: <class 'dict'>"))
    s.good("broker-error", {"status": "error", "message": "connection lost"})
    s.good("rollout", reply(rollout_trajectory_data=rollout()))
    s.good("action", reply(action_pred=torch.zeros(1, 7), action_mode="policy",
                           action_domain_id=3, action_raw_action_dim=7,
                           usage={"tokens": 5}))
    s.good("delimited", raw(b""), pkl(reply()))
    bad_everywhere(s, lambda v: reply(output=[v]))
    s.bad("request", stubs.request())
    s.bad("unknown-field", reply(hook=1), at="/hook")
    s.bad("dunder", reply(**{"__dict__": {}}))
    for name, path in (("escape", "/dev/shm/../../etc/passwd"), ("other", "/etc/passwd"),
                       ("name", "/dev/shm/other.npy"), ("relative", "array.npy"),
                       ("folder", "/dev/shm/sgldiffusion-array-x/../y.npy")):
        s.bad("reference-" + name, reply(output=[reference(path)]), at="/output/0/path")
    s.bad("reference-more", reply(output=[plain(
        stubs.MULTIMODAL + "runtime.ipc_array:NumpyArrayFileRef")(
            path="/dev/shm/sgldiffusion-array-x.npy", unlink=1)]),
        at="/output/0/unlink")
    s.bad("file-escape", reply(output_file_paths=["../x.mp4"]), at="/output_file_paths/0")
    s.bad("file-absolute", reply(output_file_paths=["/etc/x"]), at="/output_file_paths/0")
    s.bad("content-type", reply(raw_frame_content_type="x\r\nSet-Cookie: a"),
          at="/raw_frame_content_type")
    s.bad("sample-rate", reply(audio_sample_rate=1 << 40), at="/audio_sample_rate")
    s.bad("sample-rate-bool", reply(audio_sample_rate=True), at="/audio_sample_rate")
    s.bad("nan", reply(peak_memory_mb=NAN), at="/peak_memory_mb")
    s.bad("objects", reply(output=[numpy.array([{}], dtype=object)]))
    s.bad("too-big", reply(output=wide(torch.float32, 1 << 12, 1 << 12, 1 << 12)),
          at="/output")
    s.bad("dtype", reply(audio=torch.zeros(2, dtype=torch.complex64)), at="/audio")
    s.bad("rollout-field", reply(rollout_trajectory_data=rollout(extra=1)),
          at="/rollout_trajectory_data/extra")
    s.bad("rollout-other", reply(rollout_trajectory_data=rollout(dit_trajectory={})))
    s.bad("error-status", {"status": "ok", "message": "x"}, at="/status")
    s.bad("error-more", {"status": "error", "message": "x", "code": 1}, at="/code")
    s.bad("gpu-handle", reply(output=[plain(
        stubs.MULTIMODAL + "runtime.distributed.ipc_cuda:CudaIpcRef")(handle=b"x")]))


def multimodal_control(s):
    entry = stubs.MULTIMODAL + "runtime.entrypoints."
    training = entry + "post_training.io_struct:"

    def control(name, module="control_requests", **fields):
        return plain(entry + module + ":" + name)(**fields)

    def weights(name, **fields):
        return plain(training + name)(**fields)

    lora = {"lora_nickname": "style", "lora_path": "/models/lora/style", "target": "all",
            "strength": 1.0, "merge_mode": None}
    for module in ("control_requests", "openai.utils", "utils"):
        s.good("set-lora-" + module, control("SetLoraReq", module, **lora))
        s.good("shutdown-" + module, control("ShutdownReq", module))
    s.good("set-loras", control("SetLoraReq", **{
        **lora, "lora_nickname": ["a", "b"], "lora_path": ["/models/a", None],
        "target": ["all", "transformer"], "strength": [1.0, 0.5],
        "lora_alpha": [16, None]}))
    s.good("merge", control("MergeLoraWeightsReq", target="all", strength=0.5))
    s.good("unmerge", control("UnmergeLoraWeightsReq", target="all"))
    s.good("list", control("ListLorasReq"))
    s.good("statistics", control("GetDisaggStatsReq"))
    s.good("release", control("ReleaseRealtimeSessionReq", session_id="s-1"))
    s.good("residency", Called(plain(entry + "control_requests:AutoResidencyReq"),
                               "status"))
    s.good("disk", weights("UpdateWeightFromDiskReqInput", model_path="/models/flux",
                           flush_cache=True, target_modules=["transformer"]))
    named = frame([("w", torch.zeros(2, 2))])
    for name, payload in (("bytes", named), ("base64", base64.b64encode(named).decode())):
        s.good("tensors-" + name, weights(
            "UpdateWeightFromTensorReqInput", serialized_named_tensors=[payload],
            load_format=None, target_modules=None))
    s.good("checker", weights("UpdateWeightFromTensorCheckerReqInput",
                              target_module="vae",
                              expected_named_tensors_sha256={"w": "ab" * 32}))
    s.good("checksum", weights("GetWeightsChecksumReqInput", module_names=None))
    s.good("sleep", weights("ReleaseMemoryOccupationReqInput"))
    s.good("wake", weights("ResumeMemoryOccupationReqInput"))
    bad_everywhere(s, lambda v: control("SetLoraReq", **{**lora, "target": v}))
    s.bad("request", stubs.request())
    s.bad("data", {"method": "ping"})
    s.bad("list-of-controls", [control("ListLorasReq")])
    s.bad("unknown-field", control("SetLoraReq", **lora, hook=1), at="/hook")
    s.bad("fields-where-none-are", control("ShutdownReq", after="rm"))
    s.bad("dunder", control("MergeLoraWeightsReq", **{"__init__": "x"}))
    for name, path in (("escape", "/models/../etc/passwd"), ("absolute", "/etc/passwd"),
                       ("hub", "evil/lora"), ("url", "https://evil.example/lora")):
        s.bad("lora-" + name, control("SetLoraReq", **{**lora, "lora_path": path}),
              at="/lora_path")
        s.bad("model-" + name, weights("UpdateWeightFromDiskReqInput", model_path=path),
              at="/model_path")
    s.bad("lora-in-list", control("SetLoraReq", **{
        **lora, "lora_path": ["/models/a", "../b"]}), at="/lora_path/1")
    s.bad("nan", control("MergeLoraWeightsReq", target="all", strength=NAN),
          at="/strength")
    s.bad("bool", control("MergeLoraWeightsReq", target="all", strength=True),
          at="/strength")
    nested = frame([("w", stubs.Shell())])
    s.bad("nested-shell", weights("UpdateWeightFromTensorReqInput",
                                  serialized_named_tensors=[nested]),
          at="/serialized_named_tensors/0")
    s.bad("nested-shell-base64", weights(
        "UpdateWeightFromTensorReqInput",
        serialized_named_tensors=[base64.b64encode(nested).decode()]),
        at="/serialized_named_tensors/0")
    s.bad("nested-text", weights("UpdateWeightFromTensorReqInput",
                                 serialized_named_tensors=["not base64!"]),
          at="/serialized_named_tensors/0")
    s.bad("nested-shared-memory", weights(
        "UpdateWeightFromTensorReqInput", serialized_named_tensors=[frame([
            ("w", Called(stubs.function(
                "multiprocessing.resource_sharer:DupFd"), "/tmp/x"))])]),
        at="/serialized_named_tensors/0")
    s.bad("digest", weights("UpdateWeightFromTensorCheckerReqInput", target_module="vae",
                            expected_named_tensors_sha256={"w": "xyz"}),
          at="/expected_named_tensors_sha256/w")
    s.bad("group", weights("InitWeightsUpdateGroupReqInput",
                           master_address="10.0.0.9", master_port=29500), at="")
    s.bad("distributed", weights("UpdateWeightsFromDistributedReqInput", names=["w"]),
          at="")
    s.bad("residency-twice", Called(plain(entry + "control_requests:AutoResidencyReq"),
                                    "status", "more"))
    s.bad("rank", weights("UpdateWeightFromTensorReqInput", serialized_named_tensors=[],
                          lora_rank=1 << 20), at="/lora_rank")


PROFILES = {
    "data-only": data_only,
    "tensors": tensors,
    "torch-state-dict": torch_state_dict,
    "sglang-multimodal-request": multimodal_request,
    "sglang-multimodal-reply": multimodal_reply,
    "sglang-multimodal-control": multimodal_control,
    "sglang-encoder": llm.encoder,
    "sglang-scheduler-ipc": llm.scheduler_ipc,
    "sglang-request-dump": llm.request_dump,
    "lmdeploy-p2p": llm.lmdeploy_p2p,
    "tensorrt-llm-ipc": llm.tensorrt_llm_ipc,
    "vllm-message-queue": llm.vllm_message_queue,
}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: profile_samples.py FOLDER")
    folder = pathlib.Path(sys.argv[1])
    for profile, write in PROFILES.items():
        samples = Samples(folder, profile)
        write(samples)
        samples.done()
    (folder / "key").write_bytes(KEY)


main()
