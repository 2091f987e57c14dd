"""Runs Nova's own code for dynamic vendor-data and config drives.

Reads one line of JSON that says what to do, and prints one line of JSON for each instance: what Nova would write into
vendor_data2.json, or the path of the drive that it made, or the exception. Before each instance but the first it waits
for a line, so that the test can change the world in between.
"""
import json
import logging
import sys

import nova.conf
from keystoneauth1 import loading
from nova import objects
from nova.network import model as network_model
from nova.virt import configdrive

CONF = nova.conf.CONF


def configure(path):
    loading.register_auth_conf_options(CONF, 'vendordata_dynamic_auth')
    loading.register_session_conf_options(CONF, 'vendordata_dynamic_auth')
    CONF(['--config-file', path], project='nova', prog='nova-compute')
    objects.register_all()


def instance(values):
    """An instance without a database: every field that metadata are made of is set."""
    usual = {
        'id': 1, 'user_id': 'user', 'display_name': values.get('hostname'), 'launch_index': 0,
        'availability_zone': 'nova', 'reservation_id': 'r-1', 'key_name': None, 'root_device_name': '/dev/vda',
        'vm_state': 'building', 'task_state': None, 'host': 'hv-01', 'node': 'hv-01', 'deleted': False,
        'numa_topology': None, 'device_metadata': None, 'os_type': None, 'kernel_id': '', 'ramdisk_id': '',
        'ec2_ids': objects.EC2Ids(instance_id='i-00000001', ami_id='ami-00000001', kernel_id=None, ramdisk_id=None),
        'keypairs': objects.KeyPairList(objects=[]),
        'flavor': objects.Flavor(
            id=1, flavorid='1', name='m1.small', vcpus=1, memory_mb=512, root_gb=1, ephemeral_gb=0, swap=0,
            rxtx_factor=1.0, vcpu_weight=0, extra_specs={}),
        'info_cache': objects.InstanceInfoCache(network_info=network_model.NetworkInfo([])),
        'system_metadata': {'boot_roles': values.pop('boot_roles', 'member')},
    }
    return objects.Instance(**dict(usual, **values))


def vendordata(values):
    from nova.api.metadata import vendordata_dynamic
    return vendordata_dynamic.DynamicVendorData(instance(values)).get()


def drive(values):
    from nova.api.metadata import base
    # Both ask the database.
    base._format_instance_mapping = lambda _instance: {'ami': 'vda', 'root': '/dev/vda'}
    base.security_group_api.get_instance_security_groups = lambda *_arguments: [{'name': 'default'}]
    output = values.pop('output')
    metadata = base.InstanceMetadata(
        instance(values), content=[('/etc/motd', b'\x00\xff\r\n')], extra_md={'admin_pass': 'secret'},
        network_info=network_model.NetworkInfo([]))
    with configdrive.ConfigDriveBuilder(instance_md=metadata) as builder:
        files = {path: (data.encode() if isinstance(data, str) else data).hex() for path, data in builder.mdfiles}
        builder.make_drive(output)
    return files


def main():
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    wanted = json.loads(sys.stdin.readline())
    configure(wanted['configuration'])
    for index, values in enumerate(wanted['instances']):
        if index > 0:
            sys.stdin.readline()
        try:
            result = {'value': {'vendordata': vendordata, 'drive': drive}[wanted['what']](values)}
        except Exception as error:
            result = {'error': type(error).__name__, 'text': str(error)}
        sys.stdout.write(json.dumps(result) + '\n')
        sys.stdout.flush()


main()
