#pragma once

#include "ottla/c/consumer.h"
#include "ottla/consumer.h"

struct ottla_consumer {
  ottla::Consumer consumer;
};
