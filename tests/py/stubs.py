# SPDX-License-Identifier: Apache-2.0
"""Classes with the names that serving stacks pickle, and nothing of what they do.

A stub stands in sys.modules under the name of its original, so that pickle writes it as
it would write the original:

    Req = stubs.plain("sglang.multimodal_gen...schedule_batch:Req")
    pickle.dumps(Req(height=480), 4)

The rest of this file makes messages that several tests and the bench share.
"""

import collections
import enum
import os
import sys
import types

MULTIMODAL = "sglang.multimodal_gen."
SCHEDULE = MULTIMODAL + "runtime.pipelines_core.schedule_batch:"
SAMPLE = MULTIMODAL + "configs.sample."
TRACE = "sglang.srt.observability.trace:"


class Plain:
    """Its fields are its __dict__."""

    def __init__(self, **fields):
        self.__dict__.update(fields)


def _module(name):
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        path = ".".join(parts[:end])
        if path not in sys.modules:
            sys.modules[path] = types.ModuleType(path)
            if end > 1:
                setattr(sys.modules[".".join(parts[:end - 1])], parts[end - 1],
                        sys.modules[path])
    return sys.modules[name]


def place(path, make):
    """The class at "package.module:Outer.Inner", made if there is none yet."""
    module, qualified = path.split(":")
    owner = _module(module)
    *outer, name = qualified.split(".")
    for part in outer:
        if not hasattr(owner, part):
            setattr(owner, part, type(part, (), {"__module__": module}))
        owner = getattr(owner, part)
    if not hasattr(owner, name):
        made = make(name)
        made.__module__, made.__qualname__ = module, qualified
        setattr(owner, name, made)
    return getattr(owner, name)


def plain(path):
    return place(path, lambda name: type(name, (Plain,), {}))


def slots(path, *fields):
    def init(self, **given):
        for name, value in given.items():
            setattr(self, name, value)

    return place(path, lambda name: type(
        name, (), {"__slots__": fields, "__init__": init}))


def tuple_of(path, *fields):
    return place(path, lambda name: collections.namedtuple(name, fields))


def enumeration(path, members, base=enum.Enum):
    return place(path, lambda name: base(name, members))


def function(path):
    """A function, which pickle writes as its name."""
    return place(path, lambda name: lambda *args: None)


class Called:
    """Is pickled as a call: of a class with its arguments, or of anything else."""

    def __init__(self, callee, *args):
        self.reduced = (callee, args)

    def __reduce__(self):
        return self.reduced


class Shell(Called):
    """What an attacker sends. It is pickled here, and unpickled nowhere."""

    def __init__(self):
        super().__init__(os.system, "true")


def pydantic(path):
    """Keeps its fields as pydantic 2 does: the state holds a dict named __dict__."""

    def state(self):
        return {"__dict__": dict(self.__dict__), "__pydantic_extra__": None,
                "__pydantic_fields_set__": set(self.__dict__),
                "__pydantic_private__": None}

    return place(path, lambda name: type(name, (Plain,), {"__getstate__": state}))


# ---- messages ----

NEGATIVE = ("Flat light, washed colours, a frozen picture, soft edges, captions, a logo, "
            "compression noise, low resolution, odd proportions, six fingers, hands that "
            "melt into each other, a crowd behind, people who walk backwards")


def data_type():
    return enumeration(SAMPLE + "sampling_params:DataType",
                       {"IMAGE": 1, "VIDEO": 2, "MESH": 3})


def sampling_params(path=SAMPLE + "wan:WanT2V_1_3B_SamplingParams", **changes):
    """What a client's parameters are after the server's defaults were filled in."""
    fields = {
        "data_type": data_type().VIDEO,
        "request_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "image_path": None,
        "prompt": "A curious raccoon peers through a vibrant field of yellow sunflowers.",
        "negative_prompt": NEGATIVE,
        "prompt_path": None,
        "output_path": "outputs/",
        "output_file_name": "A_curious_raccoon_20260324-101500_1c2d3e4f.mp4",
        "num_outputs_per_prompt": 1,
        "seed": 1024,
        "generator_device": "cuda",
        "num_frames": 81,
        "num_frames_round_down": False,
        "height": 480,
        "width": 832,
        "height_not_provided": False,
        "width_not_provided": False,
        "fps": 16,
        "supported_resolutions": [(832, 480), (480, 832)],
        "num_inference_steps": 50,
        "guidance_scale": 3.0,
        "guidance_rescale": 0.0,
        "boundary_ratio": None,
        "enable_teacache": False,
        "profile": False,
        "num_profiled_timesteps": 5,
        "profile_all_stages": False,
        "debug": False,
        "perf_dump_path": None,
        "save_output": True,
        "return_frames": False,
        "return_trajectory_latents": False,
        "return_trajectory_decoded": False,
        "no_override_protected_fields": False,
        "adjust_frames": True,
    }
    fields.update(changes)
    return plain(path)(**fields)


def newer_sampling_params(**changes):
    """The same of 2026, with what was added since."""
    teacache = plain(SAMPLE + "teacache:TeaCacheParams")(
        cache_type="teacache", teacache_thresh=0.08, start_skipping=5, end_skipping=-1,
        coefficients=[], use_ret_steps=True,
        coefficients_callback=function(SAMPLE + "wan:_wan_1_3b_coefficients"))
    fields = {
        "output_quality": "default",
        "output_compression": None,
        "enable_frame_interpolation": False,
        "frame_interpolation_exp": 1,
        "frame_interpolation_scale": 1.0,
        "frame_interpolation_model_path": None,
        "enable_upscaling": False,
        "upscaling_model_path": None,
        "upscaling_scale": 4,
        "guidance_scale_2": None,
        "true_cfg_scale": None,
        "cfg_normalization": 0.0,
        "teacache_params": teacache,
        "rollout": False,
        "rollout_sde_type": "sde",
        "rollout_noise_level": 0.7,
        "rollout_debug_mode": False,
        "rollout_return_denoising_env": False,
        "suppress_logs": False,
        "return_file_paths_only": True,
        "enable_sequence_shard": None,
        "diffusers_kwargs": None,
        "flow_shift": None,
        "condition_inputs": {},
        "use_pe": None,
        "progressive_mode": "fullres",
        "progressive_levels": 1,
        "use_duration_template": None,
        "use_system_prompt": None,
        "use_guardrails": None,
        "max_sequence_length": None,
        "rollout_sde_step_indices": None,
        "supported_resolutions": [(832, 480), (480, 832), (624, 624), (704, 544),
                                  (544, 704), (720, 544), (544, 720)],
    }
    fields.update(changes)
    return sampling_params(**fields)


REQUEST_NONE = """
generator original_condition_image_size condition_image vae_image pixel_values
preprocessed_image negative_prompt_embeds prompt_attention_mask negative_attention_mask
prompt_embeds_mask negative_prompt_embeds_mask clip_embedding_pos clip_embedding_neg
max_sequence_length prompt_template seeds latents y latent_ids audio_latents audio_noise
raw_audio_latent_shape raw_latent_shape noise_pred image_latent
condition_image_latent_ids vae_image_sizes c2ws_plucker_emb height_latents width_latents
timesteps paired_timesteps timestep step_index scheduler sigmas n_tokens
trajectory_timesteps trajectory_latents rollout_trajectory_data trajectory_audio_latents
STA_param mask_search_final_result_pos mask_search_final_result_neg realtime_session_id
session realtime_chunk_size realtime_event_id realtime_output_format
realtime_preview_max_width realtime_causal_sink_size realtime_causal_kv_cache_num_frames
realtime_causal_kv_sample_tokens output audio audio_sample_rate
""".split()
REQUEST_EMPTY = """
image_embeds prompt_embeds pooled_embeds neg_pooled_embeds audio_prompt_embeds
negative_audio_prompt_embeds
""".split()


def request(sampling=None, **changes):
    """A Req as DiffGenerator sends it, without a picture."""
    fields = {"sampling_params": sampling or sampling_params()}
    fields.update((name, None) for name in REQUEST_NONE)
    fields.update((name, []) for name in REQUEST_EMPTY)
    fields.update(
        output_file_ext="mp4", do_classifier_free_guidance=True,
        is_prompt_processed=False, did_sp_shard_audio_latents=False,
        sp_audio_start_frame=0, sp_audio_orig_num_frames=0, generate_audio=True,
        did_sp_shard_latents=False, sp_video_start_frame=0, eta=0.0,
        extra_step_kwargs={}, modules={}, extra={}, condition_inputs={}, is_warmup=False,
        is_cfg_negative=False, VSA_sparsity=0.0, block_idx=0, return_raw_frames=False,
        realtime_output_pacing=False,
        metrics=plain(MULTIMODAL + "runtime.utils.perf_logger:RequestMetrics")(
            request_id="0f8fad5b-d9cb-469f-a165-70867728950e", stages={}, steps=[],
            total_duration_ms=0.0),
        trace_ctx=plain(TRACE + "TraceNullContext")(tracing_enable=False))
    fields.update(changes)
    return plain(SCHEDULE + "Req")(**fields)
