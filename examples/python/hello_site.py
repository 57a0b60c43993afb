"""Puts a site live over gRPC, and waits until its server serves it.

    sh generate.sh
    OSTLER_URL=http://localhost:8080 OSTLER_TOKEN=ost_api_... python3 hello_site.py SERVER DOMAIN

Needs Debian's python3-grpcio. Over https with the control plane's own certificate, OSTLER_CA names a file with its root.
"""

import os
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, os.environ.get("OSTLER_GENERATED", str(Path(__file__).parent / "generated")))

import grpc  # noqa: E402
from ostler.api.v1 import resource_pb2, resource_pb2_grpc  # noqa: E402
from ostler.meta.v1 import meta_pb2  # noqa: E402
from ostler.site.v1 import site_pb2  # noqa: E402

NAME = "hello-from-python"


def open_channel(url: str) -> grpc.Channel:
    address = urlsplit(url)
    if address.scheme == "http":
        return grpc.insecure_channel(address.netloc)
    root = os.environ.get("OSTLER_CA")
    credentials = grpc.ssl_channel_credentials(Path(root).read_bytes() if root else None)
    return grpc.secure_channel(address.netloc, credentials)


def site(server: str, domain: str) -> resource_pb2.Resource:
    return resource_pb2.Resource(
        meta=meta_pb2.ResourceMeta(kind=meta_pb2.KIND_SITE, name=NAME),
        site=site_pb2.SiteSpec(
            placement=meta_pb2.Placement(server=server),
            domains=[domain],
            handler=site_pb2.Handler(
                fixed_response=site_pb2.FixedResponse(status=200, body="Hello from Python")
            ),
        ),
    )


def is_ready(resource: resource_pb2.Resource, generation: int) -> bool:
    """Told by the server itself, for the generation that was asked for."""
    return any(
        condition.type == "Ready"
        and condition.status == meta_pb2.CONDITION_STATUS_TRUE
        and condition.observed_generation >= generation
        for condition in resource.status.conditions
    )


def main(server: str, domain: str) -> None:
    channel = open_channel(os.environ["OSTLER_URL"])
    resources = resource_pb2_grpc.ResourceServiceStub(channel)
    metadata = [("authorization", f"Bearer {os.environ['OSTLER_TOKEN']}")]
    # The request id makes a repeat harmless: sent again, it gets the first answer.
    request = resource_pb2.ApplyRequest(request_id=str(uuid.uuid4()), resources=[site(server, domain)])
    applied = resources.Apply(request, metadata=metadata, timeout=30).results[0].resource
    watch = resource_pb2.WatchRequest(kind=meta_pb2.KIND_SITE, name=NAME)
    for event in resources.Watch(watch, metadata=metadata, timeout=60):
        if is_ready(event.resource, applied.meta.generation):
            print(f"{NAME} is served at {domain}")
            return


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
