// A plug-in that throws what nobody expects.
#include "ottla/interceptors/plugin.h"

namespace {

ottla::interceptors::Plugin make(const ottla::Properties& /*properties*/) {
  throw 7;
}

}  // namespace

OTTLA_PLUGIN(make)
