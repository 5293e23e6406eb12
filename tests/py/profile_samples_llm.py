# SPDX-License-Identifier: Apache-2.0
"""Samples of the profiles for language models' servers; see profile_samples.py."""

import array
import collections
import hashlib
import hmac
import http
import pickle

import numpy
import torch

import stubs
from sample_files import (KEY, NAN, as_json, bad_everywhere, by_name, by_value, pkl, raw,
                          wide)
from stubs import Called, enumeration, plain, slots, tuple_of

IO = "sglang.srt.managers.io_struct:"
BATCH = "sglang.srt.managers.schedule_batch:"


def modality():
    return enumeration(BATCH + "Modality", {"IMAGE": 1, "VIDEO": 2, "AUDIO": 3})


# ---- SGLang's encoders ----

def embedding_data(**changes):
    fields = {"req_id": "3f2b8f0e6d7a4b0c9e1f2a3b4c5d6e7f_local_part_0", "num_parts": 1,
              "part_idx": 0, "grid_dim": torch.tensor([[1, 4, 4]]),
              "modality": modality().IMAGE, "embedding": None, "send_time": None,
              "dtype": torch.bfloat16, "shape": [16, 32], "error_msg": None,
              "error_code": None}
    fields.update(changes)
    gone = [name for name, value in fields.items() if value is ...]
    for name in gone:
        del fields[name]
    return plain("sglang.srt.disaggregation.encode_receiver:EmbeddingData")(**fields)


def encoder(s):
    body = raw(bytes(16 * 32 * 2))

    def failed(**changes):
        return embedding_data(**{"grid_dim": None, "dtype": None, "shape": None,
                                 "error_msg": "out of memory", "error_code": 500,
                                 **changes})

    s.good("picture", embedding_data(), body)
    s.good("protocol-5", pkl(embedding_data(), 5), body)
    s.good("older", embedding_data(grid_dim=..., modality=...,
                                   image_grid_dim=torch.tensor([[1, 4, 4]])), body)
    s.good("size", embedding_data(shape=torch.Size([16, 32])), body)
    s.good("list-grid", embedding_data(grid_dim=[[1, 4, 4]]), body)
    s.good("array-grid", embedding_data(grid_dim=numpy.array([[1, 4, 4]])), body)
    s.good("sound", embedding_data(grid_dim=torch.tensor([16]),
                                   modality=by_value(modality(), 3)), body)
    s.good("video", embedding_data(
        modality=by_name(modality(), "VIDEO"), video_timestamps=[[0.0, 0.5]],
        second_per_grid_ts=[1.0], original_image_sizes=[(640, 480)]), body)
    s.good("older-number", embedding_data(modality=by_value(modality(), 4)), body)
    s.good("float32", embedding_data(dtype=torch.float32, shape=[2, 4]), raw(bytes(32)))
    s.good("error", failed())
    s.good("error-status", failed(error_code=by_value(http.HTTPStatus, 500)))
    s.good("rdma", embedding_data())
    s.good("first-builds", embedding_data(
        req_id=7, modality=..., grid_dim=..., error_msg=..., error_code=...,
        image_grid_dim=torch.tensor([[1, 2, 2]]), embedding=torch.zeros(4, 8),
        embedding_list=[torch.zeros(4, 8)], ready_list=[True]))
    bad_everywhere(s, lambda v: embedding_data(video_timestamps=v))
    s.bad("short", embedding_data(), raw(bytes(1023)))
    s.bad("long", embedding_data(), raw(bytes(1025)))
    s.bad("empty", embedding_data(), raw(b""))
    s.bad("other-dtype", embedding_data(dtype=torch.float32), body)
    s.bad("overflow", embedding_data(shape=[1 << 20] * 4), body)
    s.bad("negative", embedding_data(shape=[-16, -32]), body)
    s.bad("no-shape", embedding_data(shape=None), body)
    s.bad("no-dtype", embedding_data(dtype=None), body)
    s.bad("dtype-is-function", embedding_data(dtype=stubs.function("torch:load")), body)
    s.bad("dtype-text", embedding_data(dtype="torch.bfloat16"), body)
    s.bad("error-with-body", failed(), body)
    s.bad("three-frames", embedding_data(), body, body)
    s.bad("unknown-field", embedding_data(hook=1), body)
    s.bad("dunder", embedding_data(**{"__class__": 1}), body)
    s.bad("aggregate", plain(
        "sglang.srt.disaggregation.encode_receiver:MultiModalEmbeddingData")(req_id="r"))
    s.bad("parts", failed(num_parts=1 << 40), at="/num_parts")
    s.bad("no-parts", failed(num_parts=0), at="/num_parts")
    s.bad("parts-bool", failed(num_parts=True), at="/num_parts")
    s.bad("part", failed(part_idx=-1), at="/part_idx")
    s.bad("id", failed(req_id="a b\n"), at="/req_id")
    s.bad("time", failed(send_time=NAN), at="/send_time")
    s.bad("code", failed(error_code=1 << 70), at="/error_code")
    s.bad("grid-dtype", failed(grid_dim=torch.zeros(1, 3)), at="/grid_dim")
    s.bad("grid-rank", failed(grid_dim=torch.zeros(1, 1, 3, dtype=torch.int64)),
          at="/grid_dim")
    s.bad("grid-long", failed(grid_dim=wide(torch.int64, 1 << 20, 3)), at="/grid_dim")
    s.bad("member", failed(modality=by_value(modality(), 99)), at="/modality")
    s.bad("member-name", failed(modality=by_name(modality(), "SHELL")), at="/modality")
    s.bad("other-enum", failed(modality=by_value(http.HTTPStatus, 200)), at="/modality")


# ---- SGLang's scheduler ----

def scheduler_ipc(s):
    def sampling(**changes):
        return plain("sglang.srt.sampling.sampling_params:SamplingParams")(**{
            "max_new_tokens": 128, "stop_strs": [], "stop_token_ids": {2},
            "temperature": 1.0, "top_p": 1.0, "top_k": 1 << 30, "min_p": 0.0, "n": 1,
            "ignore_eos": False, "json_schema": None, **changes})

    def item(**changes):
        return plain(BATCH + "MultimodalDataItem")(**{
            "modality": by_name(modality(), "IMAGE"), "hash": 1 << 63, "pad_value": 7,
            "offsets": [(0, 3)], "feature": torch.zeros(4, 8),
            "model_specific_data": {"image_grid_thw": torch.tensor([[1, 2, 2]])},
            **changes})

    def generate(**changes):
        return plain(IO + "TokenizedGenerateReqInput")(**{
            "rid": "a1", "http_worker_ipc": None, "input_text": "hi",
            "input_ids": [1, 2, 3], "mm_inputs": None, "sampling_params": sampling(),
            "return_logprob": False, "logprob_start_len": -1, "top_logprobs_num": 0,
            "token_ids_logprob": None, "stream": True, **changes})

    def texts(**changes):
        return plain(IO + "BatchStrOutput")(**{
            "rids": ["a1"], "http_worker_ipcs": [None],
            "finished_reasons": [{"type": "stop", "matched": 2}], "output_strs": ["ok"],
            "output_ids": [[5]], "prompt_tokens": [3], "completion_tokens": [1],
            "cached_tokens": [0], "input_token_logprobs_val": [[None, -0.5]],
            "output_hidden_states": None, **changes})

    s.good("generate", generate())
    s.good("generate-5", pkl(generate(), 5))
    s.good("array", generate(input_ids=array.array("q", [1, 2, 3])))
    s.good("pictures", generate(mm_inputs={"mm_items": [item()], "im_token_id": 9}))
    s.good("mm-object", generate(mm_inputs=plain(BATCH + "MultimodalInputs")(
        mm_items=[item()], num_image_tokens=4)))
    s.good("batch", plain(IO + "BatchTokenizedGenerateReqInput")(batch=[generate()]))
    s.good("embed", plain(IO + "TokenizedEmbeddingReqInput")(
        rid="e", input_text="x", input_ids=[1], sampling_params=sampling()))
    s.good("tokens", plain(IO + "BatchTokenIDOut")(
        rids=["a1"], finished_reasons=[None], decoded_texts=[""], decode_ids=[[5]],
        read_offsets=[0], output_ids=None, skip_special_tokens=[True],
        prompt_tokens=[3], completion_tokens=[1]))
    s.good("texts", texts())
    s.good("finish", texts(finished_reasons=[plain(BATCH + "FINISH_LENGTH")(
        is_error=False, length=8)]))
    s.good("embeddings", plain(IO + "BatchEmbeddingOutput")(
        rids=["e"], finished_reasons=[None], embeddings=[[0.1, 0.2]],
        prompt_tokens=[1], cached_tokens=[0]))
    s.good("abort", plain(IO + "AbortReq")(rid="a1", abort_all=False))
    s.good("health", plain(IO + "HealthCheckOutput")())
    s.good("tagged", ("msgpack", b"\x93\xa8AbortReq\xa2a1\xc0"))
    bad_everywhere(s, lambda v: generate(trace_context={"a": v}))
    s.bad("pickle-wrapper", plain(IO + "PickleWrapper")(data=b"x"))
    s.bad("tagged-wrapper", ("msgpack", b"\x92\xadPickleWrapper\xc4\x01x"))
    s.bad("tagged-wrapper-inside",
          ("msgpack", b"\x92\xa8AbortReq\x92\xadPickleWrapper\xc4\x01x"))
    s.bad("tagged-control", ("msgpack", b"\x91\xabRpcReqInput"))
    for name, fields in (("RpcReqInput", {"method": "save"}),
                         ("UpdateWeightFromDiskReqInput", {"model_path": "/x"}),
                         ("LoadLoRAAdapterReqInput", {"lora_path": "/x"}),
                         ("SetInternalStateReq", {"server_args": {}})):
        s.bad(name.lower(), plain(IO + name)(**fields), at="")
    s.bad("no-class", {"rid": "a1"})
    s.bad("unknown-field", generate(hook=1))
    s.bad("dunder", generate(**{"__class__": 1}))
    s.bad("processor", generate(custom_logit_processor='{"callable": "80"}'))
    s.bad("mooncake", generate(mm_data_mooncake=[b"x"]))
    s.bad("ipc-elsewhere", generate(http_worker_ipc="tcp://10.0.0.9:1"))
    s.bad("ipc-escape", generate(http_worker_ipc="ipc:///tmp/../etc/x"))
    s.bad("tokens-bool", generate(input_ids=[True]))
    s.bad("max-new", generate(sampling_params=sampling(max_new_tokens=1 << 40)))
    s.bad("n", generate(sampling_params=sampling(n=1000000)))
    s.bad("nan", generate(sampling_params=sampling(temperature=NAN)))
    s.bad("logprobs", generate(top_logprobs_num=1 << 30))
    s.bad("shared-memory", generate(mm_inputs={"mm_items": [item(feature=plain(
        "sglang.srt.managers.mm_utils:ShmPointerMMData")(shm_name="x"))]}))
    s.bad("feature-dtype", generate(mm_inputs={"mm_items": [item(
        feature=torch.zeros(2, dtype=torch.complex64))]}))
    s.bad("statistics-object", texts(time_stats=[plain("a.b:TimeStats")()]))


# ---- SGLang's dumps ----

def request_dump(s):
    def generate(**changes):
        return plain(IO + "GenerateReqInput")(**{
            "rid": "a1", "text": "The capital of France is", "input_ids": None,
            "image_data": None, "sampling_params": {"max_new_tokens": 16,
                                                    "temperature": 0},
            "return_logprob": False, "stream": False, "is_single": True,
            "batch_size": 1, "parallel_sample_num": 1, **changes})

    def record(obj=None, out=None, created=1774346100.5, finished=1774346101.5):
        answer = {"text": " Paris", "output_ids": [12, 2], "meta_info": {
            "id": "a1", "finish_reason": {"type": "stop", "matched": 2},
            "prompt_tokens": 6, "completion_tokens": 2, "e2e_latency": 0.5}}
        return obj or generate(), answer if out is None else out, created, finished

    def dump(*records, **more):
        return {"server_args": None, "requests": list(records), **more}

    def of(**changes):
        return dump(record(generate(**changes)))

    inner = "/requests/0/0"
    url = "https://pictures.example.org/a.png"
    s.good("dump", dump(record(), record(finished=1774346109.0)))
    s.good("legacy", [record(), record(out={})])
    s.good("crash", dump(record(), launch_command="python -m sglang.launch_server",
                         server_args=plain("sglang.srt.server_args:ServerArgs")(
                             model_path="m", tp_size=2, api_key="k")))
    s.good("embedding", dump(record(plain(IO + "EmbeddingReqInput")(
        rid="e", text="x", sampling_params={}, is_cross_encoder_request=False))))
    s.good("url", of(image_data=[url]))
    s.good("base64", of(image_data=["/9j/" + "QUJD" * 40, "iVBO" * 40]))
    s.good("data-url", of(image_data="data:image/png;base64,AAAA"))
    s.good("status", dump(record(out={"text": "", "meta_info": {"finish_reason": {
        "type": "abort", "status_code": by_value(http.HTTPStatus, 400)}}})))
    s.good("assigned", of(num_items_assigned=collections.OrderedDict(
        {modality().IMAGE: [1, 2]})))
    s.good("sub-objects", of(text=["a", "b"], _sub_obj_cache={0: generate(text="a")}))
    s.good("hidden-states", dump(record(out={"text": "x", "meta_info": {
        "hidden_states": [torch.zeros(2, 4)], "routed_experts": numpy.zeros((2, 2))}})))
    s.good("image-object", of(image_data=plain("sglang.srt.utils.common:ImageData")(
        url=url, detail="auto", max_dynamic_patch=None)))
    bad_everywhere(s, lambda v: dump(record(), v))
    s.bad("processor", of(custom_logit_processor='{"callable": "80"}'),
          at=inner + "/custom_logit_processor")
    for name, value in (("path", "/etc/passwd.png"), ("escape", "../a.png"),
                        ("file", "file:///etc/passwd"), ("local", "http://localhost/a"),
                        ("metadata", "http://169.254.169.254/latest"),
                        ("ftp", "ftp://x.example.org/a")):
        s.bad("image-" + name, of(image_data=value), at=inner + "/image_data")
    s.bad("image-dict-path", of(image_data={"path": "/etc/passwd"}),
          at=inner + "/image_data/path")
    s.bad("lora-escape", of(lora_path="../x"), at=inner + "/lora_path")
    s.bad("lora-url", of(lora_path="https://x.example/l"), at=inner + "/lora_path")
    s.bad("encoders", of(encoder_urls=["http://10.0.0.9"]), at=inner + "/encoder_urls")
    s.bad("ipc", of(http_worker_ipc="tcp://10.0.0.9:1"), at=inner + "/http_worker_ipc")
    s.bad("host", of(bootstrap_host="a b"), at=inner + "/bootstrap_host")
    s.bad("unknown-field", of(hook=1), at=inner + "/hook")
    s.bad("unknown-parameter", of(sampling_params={"hook": 1}),
          at=inner + "/sampling_params/hook")
    s.bad("max-new", of(sampling_params={"max_new_tokens": 1 << 40}),
          at=inner + "/sampling_params/max_new_tokens")
    s.bad("nan", of(sampling_params={"temperature": NAN}),
          at=inner + "/sampling_params/temperature")
    s.bad("bool", of(sampling_params={"n": True}), at=inner + "/sampling_params/n")
    s.bad("dunder", of(**{"__class__": 1}), at=inner)
    s.bad("three", dump(record()[:3]), at="/requests/0")
    s.bad("five", dump(record() + (1,)), at="/requests/0")
    s.bad("more", dump(record(), hook=1), at="/hook")
    s.bad("no-requests", {"server_args": None}, at="")
    s.bad("time-text", dump(record(created="now")), at="/requests/0/2")
    s.bad("server-args", dump(server_args=plain("sglang.srt.server_args:Other")(a=1)))


# ---- LMDeploy ----

def lmdeploy_p2p(s):
    fields = {"remote_engine_id": "http://10.0.0.5:23333", "remote_session_id": 42}
    name = "lmdeploy.pytorch.disagg.conn.protocol:DistServeCacheFreeRequest"

    def free(**changes):
        return stubs.pydantic(name)(**{**fields, **changes})

    s.good("json", as_json(fields))
    s.good("json-other", as_json({**fields, "remote_session_id": 0}))
    s.bad("pickle", free())
    s.bad("pickle-5", pkl(free(), 5))
    bad_everywhere(s, lambda v: free(remote_session_id=v))
    for kind, change, at in (
            ("more", {"hook": 1}, "/hook"), ("bool", {"remote_session_id": True}, None),
            ("negative", {"remote_session_id": -1}, "/remote_session_id"),
            ("text", {"remote_session_id": "1"}, "/remote_session_id"),
            ("large", {"remote_session_id": 1 << 70}, "/remote_session_id"),
            ("file", {"remote_engine_id": "file:///etc/passwd"}, "/remote_engine_id"),
            ("long", {"remote_engine_id": "a" * 300}, "/remote_engine_id")):
        s.bad("json-" + kind, as_json({**fields, **change}), at=at)
        s.bad("pickle-" + kind, free(**change))
    s.bad("json-less", as_json({"remote_engine_id": "a"}), at="")
    s.bad("json-list", as_json([fields]))
    s.bad("other-request", stubs.pydantic(name.replace("CacheFree", "Connection"))())
    s.bad("plain-dict", fields)
    s.bad("private", Called(stubs.pydantic(name), 1))


# ---- TensorRT-LLM ----

def tensorrt_llm_ipc(s):
    top = "tensorrt_llm."

    def signed(value, key=KEY):
        data = value if isinstance(value, bytes) else pickle.dumps(value)
        return "pkl", data + hmac.new(key, data, hashlib.sha256).digest()

    def params(**changes):
        fields = {"end_id": 2, "max_tokens": 32, "bad": None, "stop": ["."],
                  "embedding_bias": None, "logits_processor": None, "n": 1,
                  "temperature": 0.7, "top_p": 0.9, "_stop_word_ids": [[13]],
                  "detokenize": True, "lookahead_config": None, "hook": None}
        given = {**fields, **changes}
        if given["hook"] is None:
            del given["hook"]
        return slots(top + "sampling_params:SamplingParams", *fields)(**given)

    def request(**changes):
        return plain(top + "executor.request:GenerationRequest")(**{
            "prompt_token_ids": [1, 2, 3], "query_token_ids": None,
            "sampling_params": params(), "lora_request": None, "streaming": False,
            "id": 7, "kv_cache_retention_config": None, "disaggregated_params": None,
            **changes})

    def lora(path):
        return slots(top + "executor.request:LoRARequest", "lora_name", "lora_int_id",
                     "lora_path")(lora_name="a", lora_int_id=1, lora_path=path)

    error = tuple_of(top + "executor.utils:ErrorResponse", "client_id", "error_msg",
                     "request_id")
    output = tuple_of(top + "executor.postproc_worker:PostprocWorker.Output",
                      "client_id", "res", "is_final", "error", "metrics")
    cancel = plain(top + "executor.request:CancellingRequest")
    s.good("request", signed(request()))
    s.good("bias", signed(request(sampling_params=params(
        embedding_bias=torch.zeros(100)))))
    s.good("lora", signed(request(lora_request=lora("/models/lora/a"))))
    s.good("loaded-lora", signed(request(lora_request=lora(""))))
    s.good("cancel", signed(cancel(id=7)))
    s.good("end", signed(None))
    s.good("error", signed(error(7, "out of memory", 9)))
    s.good("output", signed([output(7, "text", True, "", None)]))
    s.good("statistics", signed('{"iter": 1}'))
    bad_everywhere(s, lambda v: signed(request(mrope_config={"a": v})))
    s.bad("other-key", signed(request(), b"x" * 32))
    s.bad("unsigned", request())
    s.bad("changed", ("pkl", signed(cancel(id=7))[1][:-33] + b"\n" + bytes(32)))
    s.bad("signed-shell", signed(stubs.Shell()))
    s.bad("short", ("pkl", b"N."))
    s.bad("processor", signed(request(sampling_params=params(
        logits_processor=plain("a.b:Processor")()))))
    s.bad("processor-data", signed(request(sampling_params=params(logits_processor=[1]))))
    s.bad("lora-escape", signed(request(lora_request=lora("/models/../x"))))
    s.bad("lora-relative", signed(request(lora_request=lora("evil/lora"))))
    s.bad("unknown-field", signed(request(hook=1)))
    s.bad("dunder", signed(request(**{"__class__": 1})))
    s.bad("max-tokens", signed(request(sampling_params=params(max_tokens=1 << 40))))
    s.bad("bool", signed(request(sampling_params=params(n=True))))
    s.bad("nan", signed(request(sampling_params=params(temperature=NAN))))
    s.bad("bias-dtype", signed(request(sampling_params=params(
        embedding_bias=torch.zeros(4, dtype=torch.int64)))))
    s.bad("bias-rank", signed(request(sampling_params=params(
        embedding_bias=torch.zeros(4, 4)))))
    s.bad("called-error", signed(Called(error, 1, "", 2)))
    s.bad("native", signed(request(kv_cache_retention_config={"a": 1})))


# ---- vLLM ----

def vllm_message_queue(s):
    scheduled = "vllm.v1.core.sched.output:"
    kinds = enumeration("vllm.sampling_params:RequestOutputKind",
                        {"CUMULATIVE": 0, "DELTA": 1, "FINAL_ONLY": 2})
    status = enumeration(
        "vllm.v1.executor.multiproc_executor:WorkerProc.ResponseStatus",
        {"SUCCESS": 1, "FAILURE": 2})

    def sampling(n=1, *more):
        return Called(plain("vllm.sampling_params:SamplingParams"), n, None, 0.0, 0.0,
                      1.0, 0.7, [], None, by_value(kinds, 2), *more)

    def new(**changes):
        return plain(scheduled + "NewRequestData")(**{
            "req_id": "r1", "prompt_token_ids": [1, 2], "mm_features": [],
            "sampling_params": sampling(), "pooling_params": None,
            "block_ids": ([1, 2],), "num_computed_tokens": 0, "lora_request": None,
            **changes})

    def step(**changes):
        cached = plain(scheduled + "CachedRequestData")(
            req_ids=["r0"], resumed_req_ids=set(), new_token_ids=[], all_token_ids={},
            new_block_ids=[None], num_computed_tokens=[5], num_output_tokens=[1])
        return plain(scheduled + "SchedulerOutput")(**{
            "scheduled_new_reqs": [new()], "scheduled_cached_reqs": cached,
            "num_scheduled_tokens": {"r1": 2}, "total_num_scheduled_tokens": 2,
            "scheduled_spec_decode_tokens": {}, "scheduled_encoder_inputs": {},
            "num_common_prefix_blocks": [0], "finished_req_ids": {"old"},
            "free_encoder_mm_hashes": [], "kv_connector_metadata": None, **changes})

    def call(*args, method="execute_model"):
        return pkl((method, args, {}, 0), 5)

    def lora(path):
        return Called(plain("vllm.lora.request:LoRARequest"), "a", 1, path, None)

    metadata = tuple_of("vllm.distributed.parallel_state:TensorMetadata", "device",
                        "dtype", "size")
    result = plain("vllm.v1.outputs:ModelRunnerOutput")
    s.good("ready", ("literal", b"READY"))
    s.good("step", call(step()))
    s.good("older-call", pkl(("check_health", (), {}), 5))
    s.good("lora", call(step(scheduled_new_reqs=[new(lora_request=lora("/models/a"))])))
    s.good("embeds", call(step(scheduled_new_reqs=[
        new(prompt_embeds=torch.zeros(2, 4))])))
    s.good("answer", pkl((by_value(status, 1), result(
        req_ids=["r1"], req_id_to_index={"r1": 0}, sampled_token_ids=[[5]],
        logprobs=None, prompt_logprobs_dict={"r1": None}, pooler_output=[])), 5))
    s.good("failure", pkl((by_name(status, "FAILURE"), "ValueError: x"), 5))
    s.good("broadcast", pkl([("a", metadata("cuda", torch.bfloat16, torch.Size([2, 3]))),
                             ("n", 3)], 5))
    s.good("bitmask", call(plain(scheduled + "GrammarOutput")(
        structured_output_request_ids=["r1"],
        grammar_bitmask=numpy.zeros((1, 4), numpy.int32)), method="sample_tokens"))
    s.good("not-ready-text", pkl("READY", 5))
    bad_everywhere(s, lambda v: (call(v)))
    s.bad("ready-and-more", ("literal", b"READY\n"))
    s.bad("function-bytes", call(method=b"\x80\x05."), at="/0")
    s.bad("other-method", call(method="load_weights_from"), at="/0")
    s.bad("five", pkl(("check_health", (), {}, 0, 1), 5))
    s.bad("connector", call(step(kv_connector_metadata={"a": 1})))
    s.bad("unknown-field", call(step(hook=1)))
    s.bad("dunder", call(step(**{"__class__": 1})))
    s.bad("lora-escape", call(step(scheduled_new_reqs=[
        new(lora_request=lora("/models/../x"))])))
    s.bad("lora-hub", call(step(scheduled_new_reqs=[new(lora_request=lora("a/b"))])))
    s.bad("many", call(step(scheduled_new_reqs=[new(sampling_params=sampling(1 << 30))])))
    s.bad("bool", call(step(total_num_scheduled_tokens=True)))
    s.bad("function-in-parameters", call(step(scheduled_new_reqs=[new(
        sampling_params=sampling(1, [stubs.function("a.b:processor")]))])))
    s.bad("member", pkl((by_value(status, 3), None), 5), at="/0")
    s.bad("device", pkl([("a", metadata("meta:x", torch.float32, (2,)))], 5))
    s.bad("size", pkl([("a", metadata("cpu", torch.float32, (1 << 50,)))], 5))
    s.bad("subclass", call(plain(scheduled + "MyOutput")(a=1)))
