#include "base/net/tls_wire.h"

#include <utility>

namespace ottla::base {
namespace {

TlsWire& wire_of(BIO* bio) {
  return *static_cast<TlsWire*>(BIO_get_data(bio));
}

int read_wire(BIO* bio, char* into, std::size_t size, std::size_t* count) {
  BIO_clear_retry_flags(bio);
  *count = wire_of(bio).take({into, size});
  if (*count > 0) return 1;
  BIO_set_retry_read(bio);
  return 0;
}

int write_wire(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
  BIO_clear_retry_flags(bio);
  wire_of(bio).put({bytes, size});
  *count = size;
  return 1;
}

long control_wire(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace

BioMethodPtr make_wire_method() {
  BioMethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ottla wire"));
  if (!method) return nullptr;
  BIO_meth_set_read_ex(method.get(), read_wire);
  BIO_meth_set_write_ex(method.get(), write_wire);
  BIO_meth_set_ctrl(method.get(), control_wire);
  return method;
}

BioPtr make_wire_bio(const BIO_METHOD& method, TlsWire& wire) {
  BioPtr bio(BIO_new(&method));
  if (!bio) return nullptr;
  BIO_set_data(bio.get(), &wire);
  BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace ottla::base
