#!/bin/bash
# Starts all monitoring services.
set -e

cat > docker-compose.monitoring.yml << EOF
services:
  node-exporter:
    image: prom/node-exporter:latest
    command:
      - '--collector.filesystem.mount-points-exclude=^/(sys|proc|dev|host|etc)($$|/)'
EOF

docker-compose -f docker-compose.monitoring.yml up -d

if curl -s http://localhost:9090/-/ready > /dev/null; then
    echo "Prometheus is ready"
fi
