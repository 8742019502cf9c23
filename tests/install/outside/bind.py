"""A language that knows the C ABI alone: bind.py LIBRARY. A record goes into a broker and is there."""
import ctypes
import sys

lib = ctypes.CDLL(sys.argv[1])
for name in ("error_message", "error_name", "embedded_broker_address"):
    getattr(lib, "ottla_" + name).restype = ctypes.c_char_p
for name in ("config_new", "config_set", "producer_open", "producer_send", "producer_flush",
             "producer_free", "embedded_broker_start", "embedded_broker_records",
             "embedded_broker_free", "records_get"):
    getattr(lib, "ottla_" + name).restype = ctypes.c_void_p
lib.ottla_records_count.restype = ctypes.c_size_t


class Topic(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("partitions", ctypes.c_int32)]


class Options(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("data_directory", ctypes.c_char_p),
                ("topics", ctypes.POINTER(Topic)), ("topic_count", ctypes.c_size_t)]


class Record(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("topic", ctypes.c_char_p),
                ("partition", ctypes.c_int32), ("timestamp_ms", ctypes.c_int64),
                ("key", ctypes.c_char_p), ("key_size", ctypes.c_size_t),
                ("value", ctypes.c_char_p), ("value_size", ctypes.c_size_t),
                ("headers", ctypes.c_void_p), ("header_count", ctypes.c_size_t)]


class Delivery(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("error", ctypes.c_void_p),
                ("topic", ctypes.c_char_p), ("partition", ctypes.c_int32),
                ("offset", ctypes.c_int64), ("timestamp_ms", ctypes.c_int64)]


def must(error):
    if error:
        sys.exit(lib.ottla_error_message(ctypes.c_void_p(error)).decode())


delivered = []


@ctypes.CFUNCTYPE(None, ctypes.POINTER(Delivery), ctypes.c_void_p)
def on_delivered(delivery, _):
    delivered.append((delivery[0].error, delivery[0].topic, delivery[0].offset))


broker, producer, records = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
options = Options(ctypes.sizeof(Options), None, ctypes.pointer(Topic(b"greetings", 1)), 1)
must(lib.ottla_embedded_broker_start(None, ctypes.byref(options), ctypes.byref(broker)))
config = ctypes.c_void_p(lib.ottla_config_new())
must(lib.ottla_config_set(config, b"bootstrap.servers", lib.ottla_embedded_broker_address(broker)))
must(lib.ottla_producer_open(config, ctypes.byref(producer)))
lib.ottla_config_free(config)
record = Record(ctypes.sizeof(Record), b"greetings", -1, -1, b"en", 2, b"hello", 5, None, 0)
must(lib.ottla_producer_send(producer, ctypes.byref(record), on_delivered, None))
must(lib.ottla_producer_flush(producer))
must(lib.ottla_embedded_broker_records(broker, b"greetings", 0, ctypes.byref(records)))
stored = lib.ottla_records_count(records)
lib.ottla_records_free(records)
lib.ottla_producer_free(producer)
lib.ottla_embedded_broker_free(broker)
if delivered != [(None, b"greetings", 0)] or stored != 1:
    sys.exit(f"delivered {delivered}, stored {stored}")
