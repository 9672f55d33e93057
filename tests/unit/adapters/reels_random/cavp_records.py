"""Records of NIST's CAVP response file CTR_DRBG.rsp (CAVS 14.3), section "AES-256 no df"."""

# drbgvectors_no_reseed, no personalization, no additional input: COUNT, EntropyInput, ReturnedBits of the second call.
NO_RESEED = (
    (
        1,
        "3b6fb634d35bb386927374f991c1cbc9fafba3a43c432dc411b7b2fa96cfcce8d305e135ff9bc460dbc7ba3990bf8060",
        "083a836fe1cde053164555529409337dc4fec6844594fdf15083ba9d1001eb94"
        "5c3b96a1bcee3990e1e51f85c80e9f4e04de34e57b640f6cae8ed68e99624712",
    ),
    (
        2,
        "0217a8acf2f8e2c4ab7bdcd5a694bca28d038018869dcbe2160d1ce0b4c78ead5592efed98662f2dff87f32f4835c677",
        "aa36779726f52875312507fb084744d4d7f3f9468a5b246ccde316d2ab91879c"
        "2e29f5a0938a3bcd722bb718d01bbfc35831c9e64f5b6410ae908d3061f76c84",
    ),
    (
        3,
        "37d851fb20ab3ba73b1d8d81f323901a55529c26a8f753d32980d6d2aba3da278b907400a19406e255206e1d0858f384",
        "96eabafb45c77967b14a6663a39238306ce58038a3dc0b8aecaf0231c404ecba"
        "50f1ab0a17b1894cf6acb630fe165f8a9d7c5412e1bab4eb4efe9ae84f5b4a03",
    ),
    (
        4,
        "e62eab30b9338593076104ee9c148a6c22f796daedb71bacdda207b19768b5fed5d20c9eea12ed5ab959c143f773cda6",
        "f5ea040c670f83c26ff2c38f66169b572fecc7283e902f0f4b2f6a4440f5b897"
        "0807d58ca01466cec7fb68b4cf952355e780050bf48ad5b20c17c78aa0fc0352",
    ),
    (
        13,
        "a7c57c5af28a258926838c39ae62194005c93afffe5592a685b150c9de3ccf79c223616674d676517f4bd1a2fc3bd6ec",
        "a0ea3af0cc95103ba3e89e5e4a6b792bfb19eef9580255ed76e71ed0e5325848"
        "497d7757eb5cb319475b77926abb6a2bfb4437ccff0c8356c1b5705d85842d93",
    ),
    (
        14,
        "b7f7e4e68356b2ac2c2c0075c0ef5ec6f5a6f225a18db00830261a95765771eba739a7cf8a1126c58994c43b2d28024a",
        "a15e8cc437a600a51dcfb778afa23d577d0e56b004f56eeb286e6c949d982bdb"
        "9353cbc63d33d7d397ceb4fea51a6df0b4d6d4cd32b9065bc4110d790c610e44",
    ),
)

# drbgvectors_pr_true, personalization and additional input of 384 bits, COUNT = 0: every call reseeds first.
WITH_ADDITIONAL_INPUT = {
    "entropy": "7e833fa639dccb38176aa359a98c1f50d3db34dda43965e4771708574904bd685c7d2aee0cf2fb16ef16184d326a266c",
    "personal": "c0541ea593d98b2b43152c072625c708f0b34b4496fec7c56427aa785bbc4051ce896bc13f9ca05c759824c5e13e86db",
    "additional_1": "0ee30f0790e2de20b6f76fef87dc7fc40d9d053191878c9a1953d2f82091a0ef9759ea121b2f29747635f7715a96ebbc",
    "entropy_1": "37269aa628e035781242445c55bcc8b61f24f332880269a7ed1db74d8b4412215e6053963bb9317f2a87bf3c07bb2722",
    "additional_2": "f12435a68c93287e84ea3d274418c9137349b983791529532fef4306e7cb5c0f9f104c607fbf0c379be49426e53bf563",
    "entropy_2": "dc914811637b7941368c4fe2c984049cdc5b6c8d6152eafa923bb4364c064ad1b18e3203fda4f75aa65c63a1b996fa12",
    "returned": "1cbafd480ff48563d67d9114ef676b7f",
}
